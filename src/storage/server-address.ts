import type { ConnectionOptions } from 'node:tls'

/** Where a database server is and how to log in there. */
export interface ServerAddress {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly username: string
  readonly password: string
  readonly tls: { readonly options: ConnectionOptions; readonly isOptional: boolean } | undefined
  /** Milliseconds that a statement may take. */
  readonly queryTimeout: number
}
