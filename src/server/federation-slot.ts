import type { FederationHome, ServerFederation } from './federation/server-federation.ts'

/** Connections with other servers, which are loaded when somebody wants them. */
export class FederationSlot {
  readonly #home: FederationHome
  #opening: Promise<ServerFederation> | undefined
  #opened: ServerFederation | undefined

  constructor(home: FederationHome) {
    this.#home = home
  }

  /** Opens them, once. */
  open(): Promise<ServerFederation> {
    this.#opening ??= import('./federation/server-federation.ts').then((loaded) => {
      this.#opened = new loaded.ServerFederation(this.#home)
      return this.#opened
    })
    return this.#opening
  }

  /** Opens them where the configuration, of a host or in general, has them. */
  async openIfWanted(): Promise<void> {
    const { s2s, host_config: hosts } = this.#home.live.current
    if (s2s !== undefined || hosts.some((own) => own.s2s !== undefined)) await this.open()
  }

  /** How many connections others have made to us. */
  get incoming(): number {
    return this.#opened?.federation.incoming ?? 0
  }

  /** How many we have made to others. */
  get outgoing(): number {
    return this.#opened?.federation.outgoing ?? 0
  }

  /** Ends every stream in good order. */
  async stop(): Promise<void> {
    await this.#opened?.stop()
  }

  /** Drops what is left. */
  close(): void {
    this.#opened?.close()
  }
}
