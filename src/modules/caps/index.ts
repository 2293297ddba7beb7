import { z } from 'zod'
import { duration, oneOf, uniqueList } from '../../config/option.ts'
import { defineModule, tables } from '../../module/define.ts'
import { accountReceivesPresence, streamFeatures } from '../../router/events.ts'
import type { Element } from '../../xml/element.ts'
import { discoApi, discoInfo, discoInfoElement } from '../disco/api.ts'
import { presenceShown, presenceWithdrawn } from '../presence/api.ts'
import { announcedAlgorithms } from './algorithms.ts'
import { capsNs, hashNs } from './announcement.ts'
import { capsApi } from './api.ts'
import { Inquirer } from './inquirer.ts'
import { type CapsTables, migrations, RememberedFeatures, StoredFeatures } from './known-features.ts'
import { isOwnNode, ownCaps } from './own-caps.ts'
import { CapsTracker } from './tracker.ts'

export default defineModule({
  name: 'mod_caps',
  about: 'Learns from presence what clients can do, and announces what the server can do.',
  xeps: [
    { xep: 115, version: '1.6.0' },
    { xep: 390, version: '0.3.2' },
    { xep: 300, version: '1.0.0' },
  ],
  inCluster: true,
  options: z.strictObject({
    versions: uniqueList(oneOf('v1', 'v2'), { least: 1 })
      .default(['v1', 'v2'])
      .describe('Protocols that are used, XEP-0115 (`v1`) and XEP-0390 (`v2`), the preferred one first.'),
    iq_response_timeout: duration('ms').default(5000).describe('How long the answer of a client is waited for.'),
    backend: oneOf('cets', 'mnesia', 'rdbms')
      .default('cets')
      .describe('Where known hashes are kept: in memory (`cets`, `mnesia`), or in the database too (`rdbms`).'),
    cache_size: z.int().positive().default(1000).describe('Most hashes kept in memory.'),
    cache_life_time: duration('s', { infinite: true })
      .default(86_400)
      .describe('How long a hash is kept before a client is asked again.'),
  }),
  features: [hashNs, ...announcedAlgorithms.map((name) => `urn:xmpp:hash-function-text-names:${name}`)],
  needs: ['mod_disco', 'mod_presence'],
  tables: tables<CapsTables>(),
  migrations,
  setup({ host, on, use, provide, options, router, clock, db, log, onStop }) {
    const { versions } = options
    for (const version of versions) onStop(host.features.server.add(capsNs[version]))
    const lifetime = options.cache_life_time * 1000
    const memory = new RememberedFeatures(options.cache_size, lifetime, clock)
    const known = options.backend === 'rdbms' ? new StoredFeatures(db, memory, lifetime, clock) : memory
    const inquirer = new Inquirer(router, clock, known, options.iq_response_timeout)
    const onFailure = (error: unknown) => log.warn({ what: 'caps_unknown', reason: error })
    const tracker = new CapsTracker({ host, inquirer, versions, onFailure })
    provide(capsApi, tracker)

    const disco = use(discoApi)
    const infoOf = (domain: string): Element => discoInfoElement(disco.serverInfo(domain))
    for (const version of versions) {
      on(streamFeatures, 'main', ({ state, domain }) =>
        state === 'beforeSignIn' ? undefined : ownCaps(infoOf(domain), version),
      )
    }
    on(discoInfo, 'caps', ({ at, node, to }) =>
      at === 'server' && node !== '' && isOwnNode(node, infoOf(to.domain), versions)
        ? disco.serverInfo(to.domain)
        : undefined,
    )

    on(presenceShown, 'caps', ({ session, stanza }) => tracker.shown(session, stanza))
    on(presenceWithdrawn, 'caps', ({ session }) => tracker.withdrawn(session))
    on(accountReceivesPresence, 'probe', ({ account, stanza, targets }) => tracker.received(account, stanza, targets))
  },
})
