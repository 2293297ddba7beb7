import type { ServerTls } from './server-tls.ts'

/** Where a database server is and how to log in there. */
export interface ServerAddress {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly username: string
  readonly password: string
  readonly tls: ServerTls | undefined
  /** Milliseconds that a statement may take. */
  readonly queryTimeout: number
}
