import type { ModuleContext } from '../../module/context.ts'
import { defineModule, tables } from '../../module/define.ts'
import { subdomainOf } from '../../module/subdomain.ts'
import {
  accountReceives,
  domainRemoved,
  exportsUser,
  importsUser,
  personalData,
  sessionEnds,
  userRemoved,
} from '../../router/events.ts'
import type { Router } from '../../router/router.ts'
import type { Database } from '../../storage/database.ts'
import { mustAccept } from '../../storage/must-accept.ts'
import { letRun } from '../../util/settled.ts'
import { capsApi, capsRecognised } from '../caps/api.ts'
import { discoApi, discoInfo, discoItems, strangerInfo, strangerItems } from '../disco/api.ts'
import { presenceShown, presenceWithdrawn } from '../presence/api.ts'
import { contactMoved, rosterApi, rosterChanged } from '../roster/api.ts'
import { pubsubApi } from './api.ts'
import { isApproval } from './approval.ts'
import { Catalogue } from './catalogue.ts'
import { PS } from './core/namespaces.ts'
import { Departure } from './departure.ts'
import { PubsubDesk } from './desk.ts'
import { accountInfo, accountItems } from './disco.ts'
import { type Engine, personalPlace } from './engine.ts'
import { Family } from './family.ts'
import { LastItems } from './last-items.ts'
import { Nodes } from './nodes.ts'
import { Notifier } from './notifier.ts'
import { type PubsubOptions, pubsubOptions } from './options.ts'
import { personalGroups } from './personal-data.ts'
import { PersonalNodes } from './personal-nodes.ts'
import { openProfiles } from './profiles/open.ts'
import { approved, openService, registerPubsub } from './service.ts'
import { type Settings, settingsOf } from './settings.ts'
import { PubsubStore } from './store.ts'
import { migrations, type PubsubTables } from './tables.ts'
import { Transfer } from './transfer.ts'
import { World } from './world.ts'

type Context = ModuleContext<PubsubOptions, PubsubTables>

export default defineModule({
  name: 'mod_pubsub',
  about: 'Lets users publish to nodes that others subscribe to: a service beside each domain, and nodes of accounts.',
  xeps: [
    { xep: 60, version: '1.25.0' },
    { xep: 163, version: '1.2.2' },
    { xep: 223, version: '1.1.1' },
    { xep: 248, version: '0.3.0' },
    { xep: 131, version: '1.2' },
    { xep: 402, version: '1.2.0' },
    { xep: 398, version: '1.0.0' },
    { xep: 153, version: '1.1.1' },
    { xep: 84, version: '1.1.4' },
    { xep: 490, version: '1.0.1' },
    { xep: 292, version: '0.12.0' },
    { xep: 413, version: '0.2.1' },
  ],
  options: pubsubOptions,
  iqPolicy: 'parallel',
  needs: ['mod_disco', 'mod_presence', 'mod_roster', 'mod_caps'],
  tables: tables<PubsubTables>(),
  migrations,
  setup(context: Context) {
    const { host, options, log, metrics, serve } = context
    const written = host.config.modules as Readonly<Record<string, PubsubOptions | undefined>>
    const newer = written['mod_pubsub'] === undefined ? undefined : options
    const { settings, isAmbiguous } = settingsOf(newer, written['mod_pubsub_old'])
    if (isAmbiguous)
      log.info({ what: 'pubsub_profile', profile: 'nodes of accounts, and a service beside each domain' })
    const engine = engineOf(context, settings)
    const desk = new PubsubDesk(engine, metrics)
    if (settings.service !== undefined) {
      const { template } = settings.service
      const contactForm = () => context.find(discoApi)?.contactForm(context.name)
      for (const feature of [PS.pubsub]) context.onStop(host.features.server.add(feature))
      serve({ template, name: 'Publish-Subscribe', open: (point) => openService(engine, { desk, point, contactForm }) })
    }
    if (settings.pep !== undefined) openAccounts(context, engine, desk)
    watchAccounts(context, engine)
  },
})

/** One set of nodes for all host types of a server: users of one may own, or be subscribed to, what belongs to another. */
const sharedNodes = new WeakMap<Router, { nodes: Nodes; catalogue: Catalogue; store: PubsubStore }>()

function sharedOf(router: Router, db: Database<PubsubTables>) {
  const known = sharedNodes.get(router)
  if (known !== undefined) return known
  const [store, catalogue] = [new PubsubStore(db), new Catalogue(db)]
  const shared = { store, catalogue, nodes: new Nodes(store, catalogue) }
  sharedNodes.set(router, shared)
  return shared
}

function engineOf({ host, db, find, metrics, limitReached }: Context, settings: Settings): Engine {
  const shared = sharedOf(host.router, db)
  const world = new World(host, { rosters: () => find(rosterApi), caps: () => find(capsApi) })
  const told = metrics.counter('mod_pubsub_notification_count', 'Messages about what happened at nodes')
  return {
    ...shared,
    host,
    settings,
    family: new Family(shared.nodes, shared.catalogue),
    world,
    notifier: new Notifier(host, world, (messages) => told.inc(messages)),
    limitReached,
    mustAccept: () => mustAccept(db),
  }
}

/** Lets accounts have nodes (XEP-0163). */
function openAccounts(context: Context, engine: Engine, desk: PubsubDesk): void {
  const { iq, on, provide, log } = context
  registerPubsub(iq.account.open, ({ to, ...request }) => desk.answer(personalPlace(engine, to), { to, ...request }))
  const nodes = new PersonalNodes(engine, desk)
  provide(pubsubApi, nodes)
  openProfiles(context, engine, nodes)
  const transfer = new Transfer(engine, desk)
  on(exportsUser, 'main', ({ user }) => transfer.configurations(user))
  on(exportsUser, 'main', ({ user }) => transfer.contents(user))
  on(importsUser, 'main', (element) => transfer.take(element))
  on(discoInfo, 'main', (query) => (query.at === 'account' ? accountInfo(engine, query) : undefined))
  on(discoItems, 'main', (query) => (query.at === 'account' ? accountItems(engine, query) : undefined))
  on(strangerInfo, 'main', (query) => accountInfo(engine, query))
  on(strangerItems, 'main', (query) => accountItems(engine, query))
  on(accountReceives, 'rules', ({ account, stanza }) => {
    if (stanza.from?.bareString !== account.full || !isApproval(stanza)) return undefined
    return approved(engine, account, stanza).then(() => 'handled' as const)
  })
  const lastItems = new LastItems(engine)
  const fail = (reason: unknown) => log.warn({ what: 'last_items_not_sent', reason })
  on(capsRecognised, 'main', (event) => letRun(() => lastItems.recognised(event), fail))
  on(presenceWithdrawn, 'main', ({ session }) => lastItems.withdrawn(session))
  on(rosterChanged, 'main', (event) => letRun(() => lastItems.approved(event), fail))
}

/** Follows those who come, and clears away after those who go. */
function watchAccounts({ on, host, log }: Context, engine: Engine): void {
  const { settings } = engine
  const departure = new Departure(engine)
  const servicesOf = (domain: string) =>
    settings.service === undefined ? [] : [subdomainOf(settings.service.template, domain)]
  // A service of all domains outlives each of them.
  const ownServicesOf = (domain: string) => (settings.service?.template.includes('@HOST@') ? servicesOf(domain) : [])
  const lastItems = new LastItems(engine)
  const fail = (reason: unknown) => log.warn({ what: 'pubsub_not_followed', reason })
  on(presenceShown, 'main', ({ session }) =>
    letRun(() => lastItems.introduced(session, servicesOf(session.jid.domain)), fail),
  )
  on(rosterChanged, 'main', (event) => departure.lost(event))
  on(contactMoved, 'main', (event) => departure.estranged(event))
  on(sessionEnds, 'main', ({ session }) => {
    if (host.sessions.of(session.jid).length === 0) letRun(() => departure.offline(session.jid.bare), fail)
    return undefined
  })
  on(userRemoved, 'forget', ({ user }) => departure.removed(user))
  on(domainRemoved, 'forget', ({ domain }) =>
    departure.domainRemoved(
      domain,
      ownServicesOf(domain).map((jid) => jid.domain),
    ),
  )
  for (const group of personalGroups(settings.pep?.isLight === true))
    on(personalData, 'collect', ({ user }) => group(engine, user))
}
