/**
 * What the archive costs: `npx tsx bench/archive.ts [folder]`. Processor time is that of the whole process, the threads of the
 * database included; a message is stored once and stands in two archives.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Jid } from '../src/jid/jid.ts'
import { Archive } from '../src/modules/mam/archive.ts'
import { noLaterId } from '../src/modules/mam/message-id.ts'
import { resultMessage } from '../src/modules/mam/results.ts'
import { flags, type MamTables, migrations } from '../src/modules/mam/tables.ts'
import { createLogger } from '../src/observe/logger.ts'
import { Stanza } from '../src/stanza/stanza.ts'
import { openDatabase } from '../src/storage/open.ts'
import { type Clock, systemClock } from '../src/util/clock.ts'
import { asWire, wireBytes } from '../src/xml/wire.ts'

const dir = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'meerkat-bench-'))
const vocabulary =
  'but soft what light through yonder window breaks it is the east and arise fair sun kill envious moon'.split(' ')
const users = Array.from({ length: 1000 }, (_, at) => Jid.parse(`user${at}@example.org/pc`))
const pick = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)] as T

// Later by some minutes once everything is written: what is recent is counted anew each time.
let offset = 0
const clock: Clock = { now: () => systemClock.now() + offset, after: (ms, run) => systemClock.after(ms, run) }

async function open(hasFullText: boolean) {
  const db = await openDatabase({ kind: 'sqlite', file: join(dir, `archive-${hasFullText}-${Math.random()}.db`) })
  await db.migrate('mod_mam', migrations)
  const archive = new Archive({
    name: 'example.org',
    db: db.of<MamTables>(),
    clock,
    log: createLogger({ level: 'error' }),
    flushInterval: 5,
    batchSize: 100,
    hasFullText,
    hasReferences: hasFullText,
    onFlushed() {},
    onDropped(_, error) {
      throw error
    },
  })
  await archive.open()
  return { db, archive }
}

let sent = 0
function say(archive: Archive, from: Jid, to: Jid): void {
  const body = Array.from({ length: 9 }, () => pick(vocabulary)).join(' ')
  const text = asWire(
    `<message xmlns='jabber:client' from='${from.full}' to='${to.full}' type='chat' id='m${++sent}'><body>${body}</body>` +
      `<origin-id xmlns='urn:xmpp:sid:0' id='m${sent}'/><request xmlns='urn:xmpp:receipts'/></message>`,
  )
  const stanza = Stanza.fromBytes(wireBytes(text), Jid.parse)
  const out = archive.append({ owner: from, remote: to, resource: to.resource, flags: flags.outgoing, stanza })
  archive.append({ owner: to, remote: from, resource: from.resource, flags: 0, stanza, shared: out.message })
}

async function measure(name: string, operations: number, work: () => Promise<unknown>): Promise<void> {
  const cpu = process.cpuUsage()
  const began = performance.now()
  await work()
  const used = process.cpuUsage(cpu)
  const each = (used.user + used.system) / operations
  console.log(
    name.padEnd(52),
    `${each.toFixed(1)} us cpu`.padStart(14),
    `${Math.round(performance.now() - began)} ms`.padStart(10),
  )
}

async function paced(rate: number, seconds: number, operation: () => void): Promise<void> {
  const began = performance.now()
  for (let done = 0; done < rate * seconds; ) {
    const due = Math.min(rate * seconds, ((performance.now() - began) / 1000) * rate)
    for (; done < due; done++) operation()
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

for (const hasFullText of [true, false]) {
  const { db, archive } = await open(hasFullText)
  const kind = hasFullText ? 'with search and retraction' : 'without'
  await paced(1000, 1, () => say(archive, pick(users), pick(users)))
  for (const rate of [1000, 5000]) {
    await measure(`${rate} messages/s, ${kind}`, rate * 4, async () => {
      await paced(rate, 4, () => say(archive, pick(users), pick(users)))
      await archive.settled()
    })
  }
  await db.close()
}
await measure('(the timer of the bench alone, at 1000/s)', 4000, () => paced(1000, 4, () => {}))

const { db, archive } = await open(true)
const [owner, peer] = users as [Jid, Jid]
for (let at = 0; at < 100_000; at++) {
  say(archive, owner, at % 10 === 0 ? peer : pick(users.slice(2)))
  if (at % 1000 === 0) await archive.settled(false)
}
await archive.settled()
offset = 600_000
const number = (await archive.addresses.find(owner.bareString)) ?? 0
const remote = (await archive.addresses.find(peer.bareString)) ?? 0
const everything = { archive: number, withoutGroupchat: false, from: 0, to: noLaterId - 1 }
const newest = { mustExist: [], max: 50, before: 'end', isSimple: false } as const
const envelope = { from: owner.bare, to: owner, ns: 'urn:xmpp:mam:2', queryId: 'q' }
const rounds = 500
await measure('newest page of 50 of 100,000, the first time', 1, () => archive.page({ ...newest, filter: everything }))
const page = async (filter: typeof everything & { remote?: number; words?: string }) => {
  for (let round = 0; round < rounds; round++) {
    const { messages } = await archive.page({ ...newest, filter })
    for (const message of messages) resultMessage(message, envelope)
  }
}
await measure('newest page of 50 of 100,000, counted, as results', rounds, () => page(everything))
await measure('newest page with one contact (10,000 messages)', rounds, () => page({ ...everything, remote }))
const words = archive.wordQuery(number, ['window', 'moon', 'east'])
await measure('newest page that has three frequent words', rounds / 10, async () => {
  for (let round = 0; round < rounds / 10; round++) await archive.page({ ...newest, filter: { ...everything, words } })
})
await db.close()
rmSync(dir, { recursive: true, force: true })
