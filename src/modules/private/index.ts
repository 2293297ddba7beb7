import { z } from 'zod'
import type { Jid } from '../../jid/jid.ts'
import { defineModule, tables } from '../../module/define.ts'
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
import { serialise } from '../../xml/serialise.ts'
import { fromWire } from '../../xml/wire.ts'
import { privateAsked, privateStored } from './api.ts'

const NS = 'jabber:iq:private'

interface Tables {
  mod_private: { domain: string; username: string; namespace: string; xml: string }
}

export default defineModule({
  name: 'mod_private',
  about: 'Keeps small pieces of XML for each user.',
  xeps: [{ xep: 49, version: '1.2' }],
  options: z.strictObject({
    max_bytes: z
      .int()
      .positive()
      .default(65_536)
      .describe('Largest fragment that a user may store, in bytes.')
      .meta({ reload: 'live' }),
  }),
  tables: tables<Tables>(),
  migrations: {
    '001_create': async ({ schema }) => {
      await schema
        .createTable('mod_private')
        .addColumn('domain', 'varchar(255)', (column) => column.notNull())
        .addColumn('username', 'varchar(255)', (column) => column.notNull())
        .addColumn('namespace', 'varchar(255)', (column) => column.notNull())
        .addColumn('xml', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('mod_private_key', ['domain', 'username', 'namespace'])
        .execute()
    },
  },
  setup({ host, iq, on, db, options }) {
    const rowsOf = ({ domain, local }: Jid) =>
      db.q.selectFrom('mod_private').selectAll().where('domain', '=', domain).where('username', '=', local)

    async function shown(user: Jid, asked: Element, xml: string | undefined): Promise<Element> {
      const stored = xml === undefined ? undefined : parseElement(xml)
      return (await host.hooks.run(privateAsked, { host, user, ns: asked.ns, stored })) ?? stored ?? asked
    }

    iq.account('get', NS, 'query', async ({ from, payload }) => {
      const asked = keyed(payload)
      if (asked.length === 0) return el('query', NS)
      const namespaces = asked.map((child) => child.ns)
      const rows = await rowsOf(from).where('namespace', 'in', namespaces).execute()
      const stored = new Map(rows.map((row) => [row.namespace, row.xml]))
      return el('query', NS, await Promise.all(asked.map((child) => shown(from.bare, child, stored.get(child.ns)))))
    })

    iq.account('set', NS, 'query', async ({ from, payload }) => {
      const children = keyed(payload)
      if (children.length === 0) throw new StanzaError('not-acceptable')
      mustAccept(db)
      await db.atomic(children.map((child) => put(from, child)))
      for (const element of children) await host.hooks.run(privateStored, { host, user: from.bare, element })
      return payload
    })

    function put({ domain, local: username }: Jid, child: Element) {
      const xml = fromWire(serialise(child))
      if (Buffer.byteLength(xml) > options.max_bytes)
        throw new StanzaError('policy-violation', { text: 'The fragment is too large' })
      return db.upsert('mod_private', { domain, username, namespace: child.ns, xml }, [
        'domain',
        'username',
        'namespace',
      ])
    }

    on(exportsUser, 'main', async ({ user }) => exported(await rowsOf(user).execute()))
    on(importsUser, 'main', async ({ user, element, isDryRun }) => {
      if (!element.is('query', NS)) return undefined
      const puts = keyed(element).map((child) => put(user, child))
      if (!isDryRun) await db.atomic(puts)
      return { kind: 'private XML', count: puts.length }
    })
    on(userRemoved, 'forget', async ({ user: { domain, local: username } }) => {
      await db.q
        .deleteFrom('mod_private')
        .where((eb) => eb.and({ domain, username }))
        .execute()
    })
    on(domainRemoved, 'forget', async ({ domain }) => {
      await db.q.deleteFrom('mod_private').where('domain', '=', domain).execute()
    })
    on(personalData, 'collect', async ({ user }) => {
      const rows = await rowsOf(user).execute()
      return { name: 'private', rows: rows.map(({ namespace, xml }) => ({ ns: namespace, xml })) }
    })
  },
})

/** Children that can be stored: those with a namespace of their own. */
function keyed(query: Element): Element[] {
  return query.elements().filter((child) => child.ns !== NS && child.ns !== '')
}

function exported(rows: readonly Tables['mod_private'][]): ExportedPart | undefined {
  return rows.length === 0
    ? undefined
    : { container: el('query', NS), elements: rows.map(({ xml }) => parseElement(xml)) }
}
