import { Jid } from '../../jid/jid.ts'
import type { CommandCall } from '../../module/command.ts'
import { csvFields } from './csv.ts'
import type { AccountServices } from './services.ts'

/** What became of the records of an import; lists of addresses, or of records that name none. */
export interface ImportResult {
  status: string
  created: string[]
  existing: string[]
  notAllowed: string[]
  invalidJID: string[]
  emptyPassword: string[]
  invalidRecord: string[]
}

/** Deriving keys runs on threads: this many accounts at a time keep them busy. */
const concurrency = 32

/** How many records are done between two tellings of progress. */
const progressStep = 100

/**
 * Registers the users of a CSV text, a record `user,domain,password` each line. Records are independent of each
 * other: what is wrong with one is told in the result and the rest goes on.
 */
export async function importUsers(csv: string, services: AccountServices, call: CommandCall): Promise<ImportResult> {
  const records = csv
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
  const outcomes = new Array<Outcome>(records.length)
  let next = 0
  let done = 0
  const work = async () => {
    while (next < records.length) {
      const index = next++
      outcomes[index] = await importRecord(records[index] ?? '', services)
      done++
      if (done % progressStep === 0 || done === records.length) call.progress?.({ done, total: records.length })
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, records.length) }, work))
  const result: ImportResult = {
    status: 'Completed',
    created: [],
    existing: [],
    notAllowed: [],
    invalidJID: [],
    emptyPassword: [],
    invalidRecord: [],
  }
  for (const { list, text } of outcomes) result[list].push(text)
  return result
}

interface Outcome {
  list: Exclude<keyof ImportResult, 'status'>
  text: string
}

async function importRecord(line: string, services: AccountServices): Promise<Outcome> {
  const fields = csvFields(line)
  if (fields?.length !== 3) return { list: 'invalidRecord', text: withoutPassword(line) }
  const [local = '', domain = '', password = ''] = fields
  const user = Jid.tryParse(`${local}@${domain}`)
  if (user === undefined || user.local === '' || !user.isBare) return { list: 'invalidJID', text: `${local},${domain}` }
  const text = user.bareString
  if (password === '') return { list: 'emptyPassword', text }
  if (!services.isHosted(user.domain)) return { list: 'notAllowed', text }
  const outcome = await services.accounts.register(user, password)
  if (outcome === 'created') return { list: 'created', text }
  return { list: outcome === 'exists' ? 'existing' : 'notAllowed', text }
}

/** A record that could not be read, without what may be its password. */
function withoutPassword(line: string): string {
  const [user = '', domain, ...rest] = line.split(',')
  return domain === undefined ? user : `${user},${domain}${rest.length > 0 ? ',…' : ''}`
}
