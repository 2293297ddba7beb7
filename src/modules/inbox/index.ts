import type { ModuleContext } from '../../module/context.ts'
import { defineModule, tables } from '../../module/define.ts'
import {
  type AccountReceives,
  accountReceives,
  domainRemoved,
  exportsUser,
  importsUser,
  personalData,
  userRemoved,
  userSends,
} from '../../router/events.ts'
import { KnownAccounts } from '../../router/known-accounts.ts'
import { formatMicros } from '../../stanza/delay.ts'
import { personalNodeChanged } from '../pubsub/api.ts'
import { inboxApi } from './api.ts'
import { inboxCommands } from './commands.ts'
import { InboxDesk } from './desk.ts'
import { conversationNs, inboxNs, usualBoxes } from './names.ts'
import { Notices } from './notices.ts'
import { type InboxOptions, options } from './options.ts'
import { conversationElement, conversationFrom } from './portable.ts'
import { InboxRecorder } from './recorder.ts'
import { Repeats } from './repeats.ts'
import { RoomInboxes } from './rooms.ts'
import { InboxStore } from './store.ts'
import { type InboxTables, migrations } from './tables.ts'
import { InboxWriter } from './writer.ts'

type Context = ModuleContext<InboxOptions, InboxTables>

const hour = 3_600_000
const day = 24 * hour
/** Milliseconds that a change waits for others. */
const flushInterval = { rdbms: 5, rdbms_async: 1000 }

export default defineModule({
  name: 'mod_inbox',
  about: 'Lists the conversations of each user, with what is unread in them.',
  xeps: [
    { xep: 4, version: '2.13.1' },
    { xep: 59, version: '1.0' },
    { xep: 297, version: '1.0' },
    { xep: 333, version: '0.4' },
    { xep: 334, version: '0.4.0' },
    { xep: 490, version: '1.0.1' },
  ],
  options,
  features: [inboxNs],
  iqPolicy: 'no_queue',
  otherIqs: 'bad-request',
  tables: tables<InboxTables>(),
  migrations,
  commands: inboxCommands,
  setup(context) {
    const { host, db, clock, options, onStop, log } = context
    const notices = new Notices(host)
    const writer = new InboxWriter(db, {
      clock,
      flushInterval: flushInterval[options.backend],
      onMoved: (moved) => notices.moved(moved),
      onDropped: (error) => log.error({ what: 'inbox_conversation_dropped', reason: error }),
    })
    onStop(() => writer.settled())
    const store = new InboxStore(db, writer)
    answer(context, new InboxDesk({ ...parts(context), store, notices }))
    record(context, { store, writer })
    cleanBins(context, store)
    keepForOwners(context, store)
  },
})

const parts = ({ host, db, options }: Context) => ({
  host,
  db: db.of<never>(),
  boxes: [...usualBoxes, ...options.boxes],
  maxResults: () => options.max_result_limit,
})

function answer({ iq }: Context, desk: InboxDesk): void {
  iq.account('get', inboxNs, 'query', () => desk.form())
  for (const name of ['inbox', 'query']) {
    iq.account('set', inboxNs, name, (request, session) => desk.list(request, session))
  }
  iq.account('set', inboxNs, 'empty-bin', (request) => desk.emptyBin(request))
  iq.account('get', conversationNs, 'query', (request) => desk.show(request))
  iq.account('set', conversationNs, 'query', (request) => desk.change(request))
  iq.account('set', conversationNs, 'reset', (request) => desk.reset(request))
}

interface Kept {
  readonly store: InboxStore
  readonly writer: InboxWriter
}

function record({ host, db, on, options, provide, clock }: Context, { store, writer }: Kept): void {
  const accounts = new KnownAccounts(host)
  const recorder = new InboxRecorder({
    host,
    db: db.of<never>(),
    writer,
    repeats: new Repeats(store),
    accounts,
    isAwaited: options.backend === 'rdbms',
    resetMarkers: () => options.reset_markers,
  })
  // What is kept says where it is in the archive.
  on(userSends, 'store', (event) => recorder.sends(event), { after: ['mod_mam'] })
  const rooms = new RoomInboxes({
    recorder,
    store,
    accounts,
    hasMembers: () => options.groupchat.includes('muclight'),
    countsChanges: () => options.aff_changes,
    fateOfLeft() {
      if (!options.remove_on_kicked) return 'kept'
      return options.backend === 'rdbms' ? 'deleted' : 'binned'
    },
  })
  const receives = (event: AccountReceives) =>
    event.stanza.type === 'groupchat' ? rooms.receives(event) : recorder.receives(event)
  on(accountReceives, 'store', receives, { after: ['mod_mam', 'mod_stanzaid'] })
  on(personalNodeChanged, 'main', (event) => recorder.displayed(event))
  on(userRemoved, 'forget', ({ user }) => accounts.forget(user))
  on(domainRemoved, 'forget', ({ domain }) => accounts.forgetDomain(domain))
  provide(inboxApi, {
    get rooms() {
      return options.groupchat.includes('muc') ? rooms : undefined
    },
    unread: (owner, remote) => store.unread({ owner: owner.bare, remote: remote.bare }),
    hostType: host.type,
    flushBin: (whose, days) => store.emptyBin(whose, days === 0 ? undefined : (clock.now() - days * day) * 1000),
    hasUser: (account) => host.accounts.exists(account),
  })
}

function cleanBins({ host, clock, options, every, log }: Context, store: InboxStore): void {
  if (options.bin_clean_after === 0) return
  every(options.bin_clean_after * hour, () => {
    const before = (clock.now() - options.bin_ttl * day) * 1000
    for (const domain of host.domains) {
      store
        .emptyBin({ domain }, before)
        .catch((error) => log.error({ what: 'inbox_bin_not_cleaned', domain, reason: error }))
    }
  })
}

/** What is kept of a user can be had, taken elsewhere, and goes with the account. */
function keepForOwners({ on, options }: Context, store: InboxStore): void {
  on(userRemoved, 'forget', ({ user }) => store.forgetUser(user))
  on(domainRemoved, 'forget', ({ domain }) => store.forgetDomain(domain, options.delete_domain_limit))
  on(personalData, 'collect', async ({ user }) => {
    const rows: Record<string, unknown>[] = []
    for await (const { remote, content, unread, at } of store.all(user)) {
      const timestamp = formatMicros(at)
      rows.push({ jid: remote.bareString, content: content.toString('utf8'), unread_count: unread, timestamp })
    }
    return { name: 'inbox', rows }
  })
  on(exportsUser, 'main', ({ user }) => ({ elements: elementsOf(store, user) }))
  on(importsUser, 'main', async ({ user, element, container, isDryRun }) => {
    const conversation = container === undefined ? conversationFrom(element) : undefined
    if (conversation === undefined) return undefined
    if (!isDryRun) await store.put({ owner: user }, conversation)
    return { kind: 'conversations', count: 1 }
  })
}

async function* elementsOf(store: InboxStore, user: Parameters<InboxStore['all']>[0]) {
  for await (const conversation of store.all(user)) yield conversationElement(conversation)
}
