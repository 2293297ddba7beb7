import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, it } from 'vitest'
import { type Account, freshAccount } from '../support/accounts.ts'
import type { TestServer } from '../support/server.ts'
import { program, suiteNeeding } from '../support/services.ts'
import { target } from '../support/target.ts'

const run = promisify(execFile)
const running: Terminal[] = []

/** Profanity in a terminal of its own: what a person types, and what he sees. */
class Terminal {
  readonly #home: string

  constructor(home: string) {
    this.#home = home
  }

  static async start(server: TestServer, account: Account): Promise<Terminal> {
    const home = await mkdtemp(join(tmpdir(), 'profanity-'))
    const data = join(home, '.local/share/profanity')
    await mkdir(data, { recursive: true })
    await writeFile(join(data, 'accounts'), accountsFile(server, account))
    const terminal = new Terminal(home)
    running.push(terminal)
    const environment = [
      'env',
      '-u',
      'XDG_DATA_HOME',
      '-u',
      'XDG_CONFIG_HOME',
      `HOME=${home}`,
      'LC_ALL=C.UTF-8',
      program('profanity'),
    ]
    await terminal.#tmux('new-session', '-d', '-x', '160', '-y', '50', environment.join(' '))
    await terminal.shows('Profanity')
    await terminal.types('/connect me')
    await terminal.shows('logged in successfully')
    return terminal
  }

  async types(text: string): Promise<void> {
    await this.#tmux('send-keys', '-l', text)
    await this.#tmux('send-keys', 'Enter')
  }

  /** Waits until the screen shows this. A screen can only be looked at again and again. */
  async shows(text: string): Promise<void> {
    const end = Date.now() + 15_000
    let screen = ''
    while (Date.now() < end) {
      screen = (await this.#tmux('capture-pane', '-p')).stdout
      if (screen.includes(text)) return
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    throw new Error(`the screen does not show "${text}":\n${screen.replace(/\n{2,}/g, '\n')}`)
  }

  async stop(): Promise<void> {
    await this.#tmux('kill-server').catch(() => {})
    await rm(this.#home, { recursive: true, force: true })
  }

  #tmux(...args: string[]): Promise<{ stdout: string }> {
    return run(program('tmux'), ['-S', join(this.#home, 'tmux'), '-f', '/dev/null', ...args])
  }
}

function accountsFile(server: TestServer, { jid, password }: Account): string {
  return `[me]
enabled=true
jid=${jid}
server=${server.host}
port=${server.port}
resource=profanity
password=${password}
tls.policy=trust
presence.last=online
presence.login=online
`
}

suiteNeeding(['profanity', 'tmux'], 'profanity', () => {
  afterEach(async () => {
    for (const terminal of running.splice(0)) await terminal.stop()
  })

  it('two people become contacts and talk', async () => {
    const server = await target()
    const [romeo, julia] = [await freshAccount(server, 'romeo'), await freshAccount(server, 'julia')]
    const [one, two] = [await Terminal.start(server, romeo), await Terminal.start(server, julia)]

    await one.types(`/sub request ${julia.jid}`)
    await two.shows(`Received authorization request from ${romeo.jid}`)
    await two.types(`/sub allow ${romeo.jid}`)
    await one.shows(`Subscription received from ${julia.jid}`)

    await one.types(`/msg ${julia.jid} It is the east`)
    await two.shows(`<< chat message`)
    await two.types(`/msg ${romeo.jid} Wherefore art thou?`)
    await one.shows('Wherefore art thou?')
  }, 90_000)
})
