import { z } from 'zod'
import type { Jid } from '../../jid/jid.ts'
import { defineModule, tables } from '../../module/define.ts'
import { measured } from '../../observe/measured.ts'
import {
  domainRemoved,
  type ExportedPart,
  exportsUser,
  importsUser,
  personalData,
  userRemoved,
} from '../../router/events.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { mustAccept } from '../../storage/must-accept.ts'
import { type Element, el } from '../../xml/element.ts'
import { parseElement } from '../../xml/parse.ts'
import { privateApi, privateAsked, privateStored } from './api.ts'
import { privateCommands } from './commands.ts'
import { LimitedStorage } from './limited-storage.ts'
import { type Fragment, migrations, PrivateStore, type PrivateTables } from './store.ts'

const NS = 'jabber:iq:private'

export default defineModule({
  name: 'mod_private',
  about: 'Keeps small pieces of XML for each user.',
  xeps: [{ xep: 49, version: '1.2' }],
  inCluster: true,
  options: z.strictObject({
    max_bytes: z
      .int()
      .positive()
      .default(65_536)
      .describe('Largest fragment that a user may store, in bytes.')
      .meta({ reload: 'live' }),
    max_total_bytes: z
      .int()
      .positive()
      .default(1_048_576)
      .describe('Bytes that all fragments of a user may have together.')
      .meta({ reload: 'live' }),
  }),
  tables: tables<PrivateTables>(),
  migrations,
  commands: privateCommands,
  setup({ host, iq, on, db, options, metrics, limitReached, provide }) {
    const store = measured(metrics, 'mod_private_backend', new PrivateStore(db))
    const storage = new LimitedStorage(store, options, (user, limit) => {
      limitReached(`private_${limit}`, { jid: user.bareString })
    })

    async function shown(user: Jid, asked: Element, xml: string | undefined): Promise<Element> {
      const stored = xml === undefined ? undefined : parseElement(xml)
      return (await host.hooks.run(privateAsked, { host, user, ns: asked.ns, stored })) ?? stored ?? asked
    }
    async function put(user: Jid, elements: readonly Element[]): Promise<void> {
      await storage.put(user, elements)
      for (const element of elements) await host.hooks.run(privateStored, { host, user, element })
    }

    iq.account('get', NS, 'query', async ({ from, payload }) => {
      const asked = keyed(payload)
      if (asked.length === 0) return el('query', NS)
      const stored = await store.get(
        from,
        asked.map((child) => child.ns),
      )
      const answer = await Promise.all(asked.map((child) => shown(from.bare, child, stored.get(child.ns))))
      return el('query', NS, answer)
    })

    iq.account('set', NS, 'query', async ({ from, payload }) => {
      const children = keyed(payload)
      if (children.length === 0) throw new StanzaError('not-acceptable')
      mustAccept(db)
      await put(from.bare, children)
      return payload
    })

    provide(privateApi, {
      get: async (user, namespace) => (await store.get(user, [namespace])).get(namespace),
      put: (user, element) => put(user, [element]),
    })
    on(exportsUser, 'main', async ({ user }) => exported(await store.all(user)))
    on(importsUser, 'main', async ({ user, element, isDryRun }) => {
      if (!element.is('query', NS)) return undefined
      const fragments = storage.fragmentsOf(user, keyed(element))
      if (!isDryRun) await store.put(user, fragments)
      return { kind: 'private XML', count: fragments.length }
    })
    on(userRemoved, 'forget', ({ user }) => store.forget(user))
    on(domainRemoved, 'forget', ({ domain }) => store.forgetDomain(domain))
    on(personalData, 'collect', async ({ user }) => {
      const fragments = await store.all(user)
      return { name: 'private', rows: fragments.map(({ namespace, xml }) => ({ ns: namespace, xml })) }
    })
  },
})

/** Children that can be stored: those with a namespace of their own. */
function keyed(query: Element): Element[] {
  return query.elements().filter((child) => child.ns !== NS && child.ns !== '')
}

function exported(fragments: readonly Fragment[]): ExportedPart | undefined {
  return fragments.length === 0
    ? undefined
    : { container: el('query', NS), elements: fragments.map(({ xml }) => parseElement(xml)) }
}
