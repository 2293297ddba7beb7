import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { GraphqlServer } from '../support/graphql.ts'
import { program } from '../support/services.ts'

const graphql = new GraphqlServer()

describe('GraphiQL', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: program('chromium'), args: ['--no-sandbox'] })
  })
  afterAll(() => browser.close())

  it('runs in a browser that may ask no other host, and shows answers', async () => {
    const context = await browser.newContext({
      httpCredentials: { username: 'admin', password: 'sesame' },
    })
    const page = await context.newPage()
    const problems: string[] = []
    const foreign: string[] = []
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text())
    })
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('request', (request) => {
      if (!request.url().startsWith(graphql.own.server.httpUrl) && !/^(data|blob):/.test(request.url())) {
        foreign.push(request.url())
      }
    })
    const query = encodeURIComponent('{ account { countUsers(domain: "localhost") } }')
    await page.goto(`${graphql.own.server.httpUrl}/admin?x=${query}`)
    await page.locator('.graphiql-query-editor .CodeMirror').click()
    await page.keyboard.press('Control+A')
    await page.keyboard.insertText('{ account { countUsers(domain: "localhost") } }')
    await page.locator('.graphiql-execute-button').click()
    await page.locator('.result-window', { hasText: '"countUsers": 0' }).waitFor()
    expect(foreign).toEqual([])
    expect(problems.filter((text) => !/401/.test(text))).toEqual([])
    await context.close()
  })
})
