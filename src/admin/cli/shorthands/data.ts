import { exit } from '../machine.ts'
import { lines } from './parts.ts'
import { type Shorthand, shorthand } from './shorthand.ts'

interface Failures {
  readonly errors: readonly { readonly user: string; readonly error: string }[]
}

interface Imported extends Failures {
  readonly status: string
  readonly users: number
  readonly created: number
  readonly merged: number
  readonly taken: Readonly<Record<string, number>>
  readonly unknown: Readonly<Record<string, number>>
}

const verdicts: Readonly<Record<string, string>> = {
  Checked: 'Nothing has been changed.',
  Refused: 'Nothing has been changed, because of what is wrong.',
}

function showImport(result: Imported): { text: string; code: number } {
  const { status, users, created, merged, taken, unknown, errors } = result
  const text = [
    `${users} users: ${created} new, ${merged} that were there before`,
    ...Object.entries(taken).map(([kind, count]) => `  ${count} ${kind}`),
    ...Object.entries(unknown).map(([kind, count]) => `  ${count} left out: no module knows ${kind}`),
    ...failed(errors),
    ...(verdicts[status] === undefined ? [] : [verdicts[status]]),
  ]
  return { text: lines(text), code: errors.length === 0 ? exit.ok : exit.failed }
}

function failed(errors: Failures['errors']): string[] {
  return errors.map(({ user, error }) => `error: ${user}: ${error}`)
}

/** All data of the server. */
export const dataShorthands: readonly Shorthand[] = [
  shorthand({
    usage: 'export DIR',
    about: 'Writes all users with their data into an empty folder, as XEP-0227 has it, and rooms beside them.',
    command: 'server.exportData',
    input: ([path = '']) => ({ path }),
    show: ({ users, files, errors }: Failures & { users: number; files: readonly string[] }) => ({
      text: lines([`${users} users in ${files.join(', ')}`, ...failed(errors)]),
      code: errors.length === 0 ? exit.ok : exit.failed,
    }),
  }),
  shorthand({
    usage: 'import PATH',
    about:
      'Reads users from a document of XEP-0227, or a folder, with rooms. --merge: adds to what exists. --dry-run: only tells.',
    command: 'server.importData',
    input: ([path = ''], { merge, dryRun }) => ({
      path,
      existing: merge ? 'merge' : 'refuse',
      check: String(dryRun),
    }),
    show: showImport,
  }),
  shorthand({
    usage: 'backup FILE',
    about: 'Copies the built-in database while the server goes on.',
    command: 'mnesia.backup',
    input: ([path = '']) => ({ path }),
  }),
  shorthand({
    usage: 'dump FILE',
    about: 'Writes the built-in database as text, a line for each row, while the server goes on.',
    command: 'mnesia.dump',
    input: ([path = '']) => ({ path }),
  }),
  shorthand({
    usage: 'dump_table FILE TABLE',
    about: 'Writes one table of the built-in database as text.',
    command: 'mnesia.dumpTable',
    input: ([path = '', table = '']) => ({ path, table }),
  }),
  shorthand({
    usage: 'mnesia [KEY]',
    about: 'Tells of the built-in database, which takes the place of Mnesia: everything (info), or what KEY says.',
    command: 'mnesia.systemInfo',
    input: ([key = 'info']): Record<string, string> => (key === 'info' ? {} : { keys: JSON.stringify([key]) }),
    show: (infos: readonly { key: string; result: string | readonly string[] }[]) =>
      lines(infos.map(({ key, result }) => `${key}: ${typeof result === 'string' ? result : result.join(', ')}`)),
  }),
]
