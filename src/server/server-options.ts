import type { LoadedConfig } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import type { AnyModule } from '../module/define.ts'
import type { Logger } from '../observe/logger.ts'
import type { Clock } from '../util/clock.ts'

/** What a server is made of. */
export interface ServerOptions {
  readonly config: Config
  readonly log: Logger
  readonly clock?: Clock
  /** The modules that a configuration may name; `reread` may add to them. */
  readonly modules: readonly AnyModule[]
  /** Every module that exists, to tell whose command is missing; `modules` unless given. */
  readonly everyModule?: () => Promise<readonly AnyModule[]>
  /** Keep everything in memory: no data folder, no control socket. */
  readonly inMemory?: boolean
  /** Open no ports: for commands that work on a stopped server. */
  readonly isOffline?: boolean
  /** Name servers that tell where other servers are, as `address:port`; those of the system unless given. */
  readonly dnsServers?: readonly string[]
  /** Where the log is written, for people who ask. */
  readonly logFiles?: readonly string[]
  /** Reads the configuration again, for `reload`. Throws ConfigErrors. */
  readonly reread?: () => LoadedConfig | Promise<LoadedConfig>
  /** The program that runs it starts another one after it where `stopped` tells to. */
  readonly canRestart?: boolean
  /** It was started in the background, by this program. */
  readonly isBackground?: boolean
}
