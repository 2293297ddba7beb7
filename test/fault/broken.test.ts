import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { plainSettings } from '../support/plain-server.ts'

const program = fileURLToPath(new URL('../support/broken-program.mjs', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'meerkat-broken-'))
writeFileSync(join(folder, 'meerkat.toml'), plainSettings())
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function run(how: string): { child: ChildProcess; says(text: string): Promise<void>; output(): string } {
  const args = [program, how, 'foreground', '--config', join(folder, 'meerkat.toml')]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] })
  let output = ''
  child.stdout?.on('data', (text) => {
    output += text
  })
  const says = async (text: string) => {
    while (!output.includes(text)) await once(child.stdout as NonNullable<ChildProcess['stdout']>, 'data')
  }
  return { child, says, output: () => output }
}

describe('what nobody caught', () => {
  it('is an alarm; a promise stops nothing', async () => {
    const { child, says } = run('reject')
    await says('unhandled_rejection nobody looks')
    child.kill('SIGUSR2')
    expect((await once(child, 'exit'))[0]).toBe(0)
  })

  it('is an alarm; after an exception the server stops in order and says that it failed', async () => {
    const { child, says, output } = run('throw')
    await says('uncaught_exception nobody catches')
    expect((await once(child, 'exit'))[0]).toBe(1)
    expect(output()).toContain('closed')
  })
})
