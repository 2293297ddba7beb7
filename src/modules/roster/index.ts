import { z } from 'zod'
import type { Jid } from '../../jid/jid.ts'
import { defineModule, tables } from '../../module/define.ts'
import { measured } from '../../observe/measured.ts'
import {
  type AccountReceives,
  accountReceivesPresence,
  domainRemoved,
  exportsUser,
  importsUser,
  personalData,
  streamFeatures,
  type UserEvent,
  userRemoved,
  userSendsPresence,
} from '../../router/events.ts'
import type { Host } from '../../router/host.ts'
import { Stanza } from '../../stanza/stanza.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { type Element, el } from '../../xml/element.ts'
import { type ContactLook, rosterApi, rosterGuests } from './api.ts'
import { rosterCommands } from './commands.ts'
import { rosterCounts } from './counts.ts'
import { type ItemRequest, itemElement, parseItemRequest, rosterNs } from './format.ts'
import { importRoster, rosterParts } from './portable.ts'
import { newItem, type Roster } from './roster.ts'
import { type Change, RosterService } from './service.ts'
import { migrations, RosterStore, type RosterTables } from './store.ts'
import { isSubscriptionVerb, noSubscription, subscriptionName } from './subscription.ts'
import { SubscriptionDesk } from './subscription-desk.ts'

const versioningNs = 'urn:xmpp:features:rosterver'
const preApprovalNs = 'urn:xmpp:features:pre-approval'

export default defineModule({
  name: 'mod_roster',
  about: 'Keeps the contact lists of users and the subscriptions between them.',
  xeps: [
    { xep: 237, version: '1.3' },
    { xep: 83, version: '1.0' },
  ],
  inCluster: true,
  options: z.strictObject({
    versioning: z
      .boolean()
      .default(false)
      .describe('Let clients fetch the roster only when it has changed (XEP-0237).'),
    store_current_id: z
      .boolean()
      .default(false)
      .describe('Keep the version of a roster in the database instead of computing it from the roster.'),
    max_bytes: z
      .int()
      .positive()
      .default(2_097_152)
      .describe('Most bytes that the names, groups and other content of all contacts of a user may have.'),
    max_items: z.int().positive().default(10_000).describe('Most contacts that a user may have.'),
  }),
  tables: tables<RosterTables>(),
  migrations,
  commands: rosterCommands,
  setup({ host, db, options, iq, on, provide, accounts, metrics, limitReached, onStop }) {
    const counts = rosterCounts(metrics, host.type)
    const store = measured(metrics, 'mod_roster_backend', new RosterStore(db))
    const service = new RosterService(host, store, {
      ...{ versioning: options.versioning, storeVersion: options.store_current_id },
      maxItems: options.max_items,
      maxBytes: options.max_bytes,
      pushed: counts.pushes,
      limitReached: (account) => limitReached('roster', { jid: account.bareString }),
    })
    onStop(() => service.end())
    const desk = new SubscriptionDesk(host, service)
    provide(rosterApi, {
      load: (account) => service.load(account),
      put: (account, jid, look) => service.change(account, (roster) => lookedAfter(roster, jid, look)),
      remove: (account, contact) => removeItem(service, desk, account, contact),
      all: (domain) => service.all(domain),
      hasUser: (account) => accounts.exists(account),
      send: (type, from, to) => desk.send(Stanza.make('presence', { type, from, to })),
    })

    iq.account('get', rosterNs, 'query', async ({ from, payload }) => {
      counts.gets.inc()
      return answerGet(host, service, { user: from, query: payload })
    })
    iq.account('set', rosterNs, 'query', async ({ from, payload }) => {
      counts.sets.inc()
      const request = parseItemRequest(payload)
      if (request.isRemoval) await removeItem(service, desk, from.bare, request.jid)
      else await service.change(from.bare, (roster) => edit(roster, request))
    })

    on(userSendsPresence, 'subscription', ({ stanza }) => {
      if (!isSubscriptionVerb(stanza.type)) return undefined
      if (stanza.type === 'subscribe') counts.subscriptions.inc()
      if (stanza.type === 'unsubscribe') counts.unsubscriptions.inc()
      return desk.send(stanza).then(() => 'handled' as const)
    })
    on(accountReceivesPresence, 'roster', (event: AccountReceives) => {
      if (!isSubscriptionVerb(event.stanza.type)) return undefined
      return receive(event)
    })
    async function receive({ account, stanza }: AccountReceives): Promise<'handled' | undefined> {
      if (!(await accounts.exists(account))) return 'handled'
      return (await desk.receive(account, stanza)) ? undefined : 'handled'
    }

    on(streamFeatures, 'main', ({ state }) =>
      state === 'signedIn' && options.versioning ? el('ver', versioningNs) : undefined,
    )
    on(streamFeatures, 'main', ({ state }) => (state === 'signedIn' ? el('sub', preApprovalNs) : undefined))

    on(exportsUser, 'main', async ({ user }) => rosterParts(await service.load(user), user))
    on(importsUser, 'main', (event) => importRoster(service, event))
    on(userRemoved, 'announce', async ({ user }: UserEvent) => {
      const roster = await service.own(user)
      for (const item of roster.items.values()) await desk.cancel(user, item)
    })
    on(userRemoved, 'forget', ({ user }: UserEvent) => service.forget(user))
    on(domainRemoved, 'forget', ({ domain }) => service.forgetDomain(domain))
    on(personalData, 'collect', async ({ user }: UserEvent) => ({
      name: 'roster',
      rows: exportRows(await service.own(user)),
    }))
  },
})

async function answerGet(
  { hooks }: Host,
  service: RosterService,
  { user, query }: { user: Jid; query: Element },
): Promise<Element | undefined> {
  const roster = await service.load(user.bare)
  const asked = query.attr('ver')
  const ver = asked === undefined ? undefined : service.version(roster)
  const hasGuests = hooks.has(rosterGuests)
  // The version does not tell of guests.
  if (ver !== undefined && ver === asked && !hasGuests) return undefined
  const guests = hasGuests ? (await hooks.gather(rosterGuests, { account: user.bare })).flat() : []
  const items = guests
    .filter(({ jid }) => roster.get(jid)?.isListed !== true)
    .map((guest) => ({ ...newItem(guest.jid), ...guest, state: { ...noSubscription, to: true } }))
  return el('query', rosterNs, { ver }, [...roster.listed, ...items].map(itemElement))
}

/** Name, groups and foreign children are replaced; subscriptions stay as they are. */
function edit(roster: Roster, request: ItemRequest): Change {
  const known = roster.get(request.jid) ?? newItem(request.jid)
  const { name, groups, extra } = request
  return { put: { ...known, name, groups, extra, isListed: true } }
}

/** As an operator wants it. */
function lookedAfter(roster: Roster, jid: Jid, { name, groups, subscription }: ContactLook): Change {
  const known = roster.get(jid) ?? newItem(jid)
  const state = subscription === undefined ? known.state : { ...noSubscription, ...subscription }
  const request = state.pendingIn ? known.request : undefined
  return { put: { ...known, name, groups, state, request, isListed: true } }
}

/** Removes a contact and ends the subscriptions (RFC 6121 §2.5). */
async function removeItem(service: RosterService, desk: SubscriptionDesk, account: Jid, contact: Jid): Promise<void> {
  const roster = await service.load(account)
  const item = roster.get(contact)
  if (!item?.isListed) throw new StanzaError('item-not-found')
  const isShared = roster.isShared(contact)
  if (isShared && (await service.own(account)).get(contact) === undefined) return service.showAgain(account, item)
  await service.change(account, (current) => {
    const known = current.get(contact)
    return known === undefined ? undefined : { remove: known }
  })
  if (!isShared) await desk.cancel(account, item)
}

function exportRows(roster: Roster) {
  return [...roster.items.values()].map((item) => ({
    jid: item.jid.full,
    name: item.name,
    subscription: subscriptionName(item.state),
    ask: item.state.pendingOut ? 'out' : item.state.pendingIn ? 'in' : 'none',
    groups: item.groups.join(', '),
    askmessage: item.request?.childText('status') ?? '',
    xs: item.extra.length,
  }))
}
