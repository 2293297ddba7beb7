import type { CommandLine } from '../arguments.ts'
import type { BasicDescription } from '../help.ts'

/** What a shorthand prints, and the exit code where that is not for success. */
export interface Shown {
  readonly text: string
  readonly code?: number
}

/** A command with a short name and arguments by position, as MongooseIM 4.0.0 had them all. */
export interface Shorthand extends BasicDescription {
  /** Name and arguments: `register HOST PASSWORD`, those in brackets may be left out. */
  readonly usage: string
  readonly about: string
  /** The command that does it. Absent where there is nothing to do here: then `answer` is printed. */
  readonly command?: string
  readonly answer?: Shown
  /** What somebody has to say yes to before it is done, unless it is forced. */
  readonly question?: string
  input?(words: readonly string[], line: CommandLine): Readonly<Record<string, string>>
  show?(result: never, words: readonly string[]): Shown | string
}

/** Declares one with the type of its result. */
export function shorthand<R>(
  declaration: Omit<Shorthand, 'show'> & { show?(result: R, words: readonly string[]): Shown | string },
): Shorthand {
  return declaration as unknown as Shorthand
}
