import type { ModuleSource } from '../../config/modules.ts'
import type { Config } from '../../config/schema.ts'
import type { CommandRegistry } from '../../module/command.ts'
import type { CommandDescription } from '../../module/command-input.ts'

/** How a server is to be run. */
export interface ServerRun {
  readonly logLevel?: string
  readonly skipMissing?: boolean
  /** Nobody looks at standard error: the log goes to its files only, where it has some. */
  readonly isUnattended?: boolean
}

/** The database of a stopped server, opened for commands that work without it. */
export interface OfflineServer {
  readonly commands: CommandRegistry
  close(): Promise<void>
}

/** A server started in the background. */
export interface BackgroundServer {
  readonly pid: number
  /** The exit code, as soon as it has ended. */
  exitCode(): number | undefined
  /** What it has written since it was started. */
  output(): string
}

/** What the command line needs of the program it is part of and of the machine it runs on. */
export interface Machine {
  readonly version: string
  /** Arguments after the program's own name. */
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** Standard output and error; `isTerminal` tells of the latter. */
  out(text: string): void
  err(text: string): void
  readonly isTerminal: boolean
  /** The modules that exist. */
  readonly modules: ModuleSource
  /** The commands that every server has. */
  readonly commands: readonly CommandDescription[]
  fileExists(path: string): boolean
  writeFile(path: string, text: string): void
  isProcessAlive(pid: number): boolean
  pause(ms: number): Promise<void>
  /** Asks whoever is at the terminal; anything but yes is a no, and so is nobody. */
  confirm(question: string): Promise<boolean>
  /** Runs a server here until it has stopped; answers the exit code. */
  runServer(config: Config, run: ServerRun): Promise<number>
  /** Starts this program again in the background, with its output in `logFile`. */
  startInBackground(argv: readonly string[], logFile: string): BackgroundServer
  /** Opens the database of a stopped server. Throws when the data folder is in use. */
  openOffline(config: Config): Promise<OfflineServer>
  /** Puts a copy in the place of the database of a stopped server; tells where the old one lies. Throws where it cannot. */
  restore(config: Config, copy: string): Promise<{ readonly before: string | undefined }>
  /** Puts the rows of a dump into the database of a stopped server; tells where the old one lies. Throws where it cannot. */
  load(config: Config, dump: string): Promise<{ readonly before: string | undefined }>
}

/** Exit codes of the command line. */
export const exit = { ok: 0, failed: 1, usage: 2, unreachable: 3 } as const
