import { z } from 'zod'
import { dataBackend, noEffect } from '../../config/option.ts'
import { defineModule, tables } from '../../module/define.ts'
import { measured } from '../../observe/measured.ts'
import type { Metrics } from '../../observe/metrics.ts'
import {
  accountReceives,
  accountReceivesPresence,
  domainRemoved,
  exportsUser,
  importsUser,
  personalData,
  sessionOpens,
  sessionReceives,
  userRemoved,
  userSends,
} from '../../router/events.ts'
import { sentByAdmin } from '../../router/notes.ts'
import { afterwards } from '../../util/settled.ts'
import { presenceApi, presenceLeaves } from '../presence/api.ts'
import { rosterApi } from '../roster/api.ts'
import { privacyApi } from './api.ts'
import { Blocks } from './blocks.ts'
import type { PrivacyBook } from './book.ts'
import { PrivacyBooks } from './books.ts'
import { privacyNs } from './format.ts'
import { Guard, type GuardCounts } from './guard.ts'
import { importLists, privacyPart } from './portable.ts'
import { Reach } from './reach.ts'
import { PrivacyRequests, type RequestCounts } from './requests.ts'
import { migrations, PrivacyStore, type PrivacyTables } from './store.ts'

const name = z.string()

export default defineModule({
  name: 'mod_privacy',
  about: 'Lets users say who may reach them, by lists of rules; keeps those whom they have blocked.',
  xeps: [
    { xep: 16, version: '1.7' },
    { xep: 126, version: '1.1' },
  ],
  inCluster: true,
  options: z.strictObject({
    backend: dataBackend('mnesia', 'rdbms', 'riak'),
    riak: noEffect(
      z.strictObject({
        defaults_bucket_type: name.optional(),
        names_bucket_type: name.optional(),
        bucket_type: name.optional(),
      }),
      'data is kept in the database of the server',
    ),
    max_lists: z.int().positive().default(100).describe('Most lists of a user.').meta({ reload: 'live' }),
    max_items: z
      .int()
      .positive()
      .default(10_000)
      .describe('Most rules in all lists of a user, with those whom the user has blocked.')
      .meta({ reload: 'live' }),
  }),
  needs: ['mod_roster', 'mod_presence'],
  features: [privacyNs],
  tables: tables<PrivacyTables>(),
  migrations,
  setup({ host, db, options, iq, on, onStop, use, provide, metrics, limitReached }) {
    const store = measured(metrics, 'mod_privacy_backend', new PrivacyStore(db))
    const reach = new Reach(host, use(rosterApi), use(presenceApi))
    const books = new PrivacyBooks(host, store, reach, { limits: options, limitReached })
    const blocks = new Blocks(host, books, store)
    const counts = countsOf(metrics)
    const guard = new Guard(books, reach, counts)
    const requests = new PrivacyRequests({ host, books, store, blocks, counts })
    provide(privacyApi, blocks)
    onStop(() => books.unpinAll())
    onStop(() => books.end())

    iq.account('get', privacyNs, 'query', ({ from, payload }, session) => {
      counts.got()
      return requests.get(from.bare, payload, session)
    })
    iq.account('set', privacyNs, 'query', ({ from, payload }, session) => {
      counts.set()
      return requests.set(from.bare, payload, session)
    })

    on(sessionOpens, 'early', ({ session }) => afterwards(books.pin(session), () => undefined))
    // An admin who sends something for a user is not bound by the user's own lists; whom it is for is protected as ever.
    on(userSends, 'guard', ({ session, stanza }) =>
      stanza.get(sentByAdmin) === true ? undefined : guard.sends(session, stanza),
    )
    // Before those who would answer, or refuse otherwise.
    on(accountReceives, 'guard', (event) => guard.arrives(event), { before: ['mod_last'] })
    on(accountReceivesPresence, 'guard', (event) => guard.presenceArrives(event))
    on(sessionReceives, 'guard', ({ session, stanza }) => guard.delivers(session, stanza))
    on(presenceLeaves, 'guard', ({ session, stanza }) => guard.shows(session, stanza))

    on(domainRemoved, 'forget', ({ domain }) => books.forgetDomain(domain))
    on(userRemoved, 'forget', ({ user }) => books.forget(user))
    on(exportsUser, 'main', async ({ user }) => privacyPart(await books.of(user)))
    on(importsUser, 'main', (event) => importLists({ books, store, blocks }, event))
    on(personalData, 'collect', async ({ user }) => ({ name: 'privacy', rows: rowsOf(await books.of(user)) }))
  },
})

function countsOf(metrics: Metrics): GuardCounts & RequestCounts & { got(): void; set(): void } {
  const counter = (what: string, about: string) => metrics.counter(`mod_privacy_${what}_count`, about)
  const [gets, sets] = [counter('get', 'Privacy lists asked for'), counter('set', 'Privacy lists changed')]
  const actives = counter('set_active', 'Active privacy lists set')
  const defaults = counter('set_default', 'Default privacy lists set')
  const pushes = counter('push_item', 'Clients told of a changed privacy list')
  const checked = counter('check_packet', 'Stanzas of users with privacy lists that were judged')
  const denied = counter('check_packet_denied', 'Those of them that a list denied')
  const blocked = counter('check_packet_blocked', 'Those of them that a block denied')
  return {
    got: () => gets.inc(),
    set: () => sets.inc(),
    activeSet: () => actives.inc(),
    defaultSet: () => defaults.inc(),
    pushed: () => pushes.inc(),
    judged(verdict) {
      checked.inc()
      if (verdict === 'deny') denied.inc()
      if (verdict === 'block') blocked.inc()
    },
  }
}

function rowsOf(book: PrivacyBook) {
  return book.names.map((list) => ({ list, items: JSON.stringify(book.get(list)?.items ?? []) }))
}
