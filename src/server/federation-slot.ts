import type { Cluster } from '../cluster/cluster.ts'
import type { FederationHome, ServerFederation } from './federation/server-federation.ts'

/** Bytes of the secret behind dialback keys. */
const secretBytes = 32

/** Connections with other servers, which are loaded when somebody wants them. */
export class FederationSlot {
  readonly #home: FederationHome
  readonly #cluster: () => Cluster
  #opening: Promise<ServerFederation> | undefined
  #opened: ServerFederation | undefined

  /** `cluster`: this node and the others, by the time that somebody wants connections. */
  constructor(home: FederationHome, cluster: () => Cluster) {
    this.#home = home
    this.#cluster = cluster
  }

  /** Opens them, once. */
  open(): Promise<ServerFederation> {
    this.#opening ??= this.#open()
    return this.#opening
  }

  async #open(): Promise<ServerFederation> {
    const { ServerFederation } = await import('./federation/server-federation.ts')
    // Another node may be asked about the keys of this one.
    const secret = await this.#cluster().secret('s2s.dialback', secretBytes)
    this.#opened = new ServerFederation(this.#home, secret.toString('base64url'))
    return this.#opened
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
