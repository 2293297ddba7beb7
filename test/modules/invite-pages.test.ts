import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { parseConfig } from '../../src/config/load.ts'
import { allModules } from '../../src/modules/all.ts'
import { execute, valuesOf } from '../support/adhoc.ts'
import { FileServer } from '../support/file-server.ts'

const listener = `
[general]
hosts = ["other.example", "localhost"]
loglevel = "error"
[[listen.c2s]]
port = 0
ip_address = "127.0.0.1"
tls.mode = "starttls"
[[listen.http]]
port = 0
ip_address = "127.0.0.1"
[[listen.http.handlers.invite_handler]]
path = "/invite/"
clients = [{ name = "A & <B>", platforms = '"all"', url = "https://a.example/?x=1&y='2'" }]
[auth.password]
scram_iterations = 4096
`
const config = `${listener}
[modules.mod_invites]
landing_url = "https://example.org/invite/@TOKEN@"
account_access = "all"
`

async function get(server: FileServer, path: string, method = 'GET') {
  const { port } = server.address('http')
  const request = httpRequest({ host: '127.0.0.1', port, path, method, agent: false }).end()
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  let text = ''
  for await (const part of response) text += part
  return { status: response.statusCode, headers: response.headers, text }
}

interface Link {
  readonly uri: string
  readonly landingUrl: string
}

const invite = async (server: FileServer, input: object) =>
  (await server.server.commands.run('invitation.createInvitation', input)) as Link
const pageOf = (link: Link) => new URL(link.landingUrl).pathname
const linkIn = (html: string) => /class="open" href="([^"]*)"/.exec(html)?.[1]?.replaceAll('&#39;', "'")

describe('a page of an invitation', () => {
  it('leads to the invitation and to clients, and loads nothing', async () => {
    await using server = await FileServer.start(config)
    const link = await invite(server, { domain: 'localhost', username: 'zoë+1' })
    const { status, headers, text } = await get(server, pageOf(link))
    expect(status).toBe(200)
    expect(linkIn(text)).toBe(link.uri)
    expect(link.uri).toMatch(/^xmpp:zo%C3%AB%2B1@localhost\?register;preauth=/)
    expect(text).toContain(
      '<a href="https://a.example/?x=1&amp;y=&#39;2&#39;" rel="noopener noreferrer">A &amp; &lt;B></a>',
    )
    expect(text).toContain('(&quot;all&quot;)')
    expect(text).toContain('You are invited to localhost')
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': expect.stringContaining("default-src 'none'"),
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'x-robots-tag': 'noindex',
    })
    expect(text).not.toMatch(/<script|src=|<link|<form|\son\w+=/)
    expect((await get(server, pageOf(link), 'HEAD')).text).toBe('')
    expect((await get(server, pageOf(link), 'POST')).status).toBe(405)
  })

  it('has the very invitation that a user has made, and is over when that is used', async () => {
    await using server = await FileServer.start(config)
    const alice = await server.client('alice')
    const made = await execute(alice, 'urn:xmpp:invite#invite', undefined, { to: 'localhost' })
    const [uri = '', landingUrl = ''] = ['uri', 'landing-url'].map((field) => valuesOf(made, field)[0])
    const { text } = await get(server, pageOf({ uri, landingUrl }))
    expect(linkIn(text)).toBe(uri)
    expect(uri).toContain(';ibr=y')
    expect(text).toContain('alice@localhost invites you to chat')
    const bob = await server.client('bob')
    const token = landingUrl.slice(-32)
    bob.sends(
      `<presence type='subscribe' to='alice@localhost'><preauth xmlns='urn:xmpp:pars:0' token='${token}'/></presence>`,
    )
    await expect.poll(async () => (await get(server, pageOf({ uri, landingUrl }))).status).toBe(404)
  })

  it('is not there for what is no invitation', async () => {
    await using server = await FileServer.start(config)
    for (const token of ['0'.repeat(32), 'x', '%3Cscript%3E']) {
      const { status, text } = await get(server, `/invite/${token}`)
      expect(status).toBe(404)
      expect(text).toContain('This invitation is not valid')
      expect(text).not.toContain('script')
    }
  })

  it('is warned of where there are no invitations', () => {
    const { notices } = parseConfig({ text: listener, file: 'meerkat.toml', modules: allModules, env: {} })
    expect(notices.filter(({ what }) => what === 'no_effect').map(({ path }) => path)).toEqual([
      'listen.http[0].handlers.invite_handler',
    ])
  })
})
