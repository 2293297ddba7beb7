import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type LoadedConfig, loadConfig } from '../../src/config/load.ts'
import { Jid } from '../../src/jid/jid.ts'
import type { AnyModule } from '../../src/module/define.ts'
import { allModules } from '../../src/modules/all.ts'
import { createLogger } from '../../src/observe/logger.ts'
import { registerAccount } from '../../src/router/accounts.ts'
import { createServer, type Server } from '../../src/server.ts'
import { Client, type SignInOptions } from './client.ts'
import type { Address } from './stream.ts'

/** A server in memory whose configuration is a file that a test writes again. */
export class FileServer implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'meerkat-file-'))
  readonly server: Server
  readonly logged: string[] = []
  readonly #clients: Client[] = []

  private constructor(text: string, modules: readonly AnyModule[]) {
    const file = this.write(text)
    const reread = (): LoadedConfig => loadConfig({ file, modules })
    const log = createLogger({ level: 'info', console: (line) => void this.logged.push(line) })
    this.server = createServer({ config: reread().config, log, reread, modules, inMemory: true })
  }

  static async start(text: string, modules: readonly AnyModule[] = allModules): Promise<FileServer> {
    const made = new FileServer(text, modules)
    await made.server.start()
    return made
  }

  write(text: string): string {
    const file = join(this.folder, 'meerkat.toml')
    writeFileSync(file, text)
    return file
  }

  reload(text: string) {
    this.write(text)
    return this.server.reload()
  }

  address(kind: string, nth = 0, domain = 'localhost'): Address {
    const port = this.server.ports.filter((open) => open.kind === kind)[nth]?.port ?? 0
    const at = `127.0.0.1:${port}`
    const urls = { wsUrl: `ws://${at}/ws-xmpp`, boshUrl: `http://${at}/http-bind` }
    return { host: '127.0.0.1', port, tlsPort: port, ...urls, domain }
  }

  async register(name: string, domain = 'localhost'): Promise<void> {
    const host = this.server.hostOf(domain)
    if (host !== undefined) await registerAccount(host, Jid.of(name, domain), 'secret')
  }

  /** Registers if need be, and signs in over the first port of this kind. */
  async client(name: string, address = this.address('c2s'), options: SignInOptions = {}): Promise<Client> {
    await this.register(name, address.domain)
    const client = await Client.signIn(address, { local: name, password: 'secret' }, undefined, options)
    this.#clients.push(client)
    return client
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.destroy()
    await this.server.close()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
