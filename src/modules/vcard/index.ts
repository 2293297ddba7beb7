import type { Accounts } from '../../auth/accounts.ts'
import { defineModule, tables } from '../../module/define.ts'
import type { ServicePoint } from '../../module/subdomain.ts'
import type { ServicePools } from '../../net/service-pools.ts'
import { measured } from '../../observe/measured.ts'
import type { Metrics } from '../../observe/metrics.ts'
import {
  accountReceives,
  domainRemoved,
  exportsUser,
  importsUser,
  personalData,
  userRemoved,
} from '../../router/events.ts'
import { NS } from '../../stanza/namespaces.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { mustAccept } from '../../storage/must-accept.ts'
import { serialise } from '../../xml/serialise.ts'
import { fromWire } from '../../xml/wire.ts'
import { answerServiceDisco, discoApi } from '../disco/api.ts'
import { type VcardApi, vcardApi } from './api.ts'
import { directoryCard, serverCard, vcardNs } from './cards.ts'
import { vcardCommands } from './commands.ts'
import { CardDirectory, type Directory, searchNs } from './directory.ts'
import { LdapCards } from './ldap/ldap-cards.ts'
import { LdapDirectory } from './ldap/ldap-directory.ts'
import type { LdapVcardOptions } from './ldap/options.ts'
import { options } from './options.ts'
import { exportCard, importCard } from './portable.ts'
import { migrations, VcardStore, type VcardTables } from './store.ts'
import { Vcards } from './vcards.ts'

const directoryName = 'vCard User Search'

export default defineModule({
  name: 'mod_vcard',
  about: 'Keeps the vCards of users, and offers a directory in which users are found.',
  xeps: [
    { xep: 54, version: '1.3.0' },
    { xep: 55, version: '1.3' },
  ],
  inCluster: true,
  options,
  iqPolicy: 'parallel',
  tables: tables<VcardTables>(),
  migrations,
  commands: vcardCommands,
  async setup({ name, host, iq, on, db, options, provide, find, serve, metrics, clock, router, pools, accounts }) {
    const store = measured(metrics, 'mod_vcard_backend', new VcardStore(db))
    const ldap = options.backend === 'ldap' ? await ldapCards(options.ldap, pools) : undefined
    const vcards: VcardApi = ldap ?? new Vcards(host, store)
    provide(vcardApi, vcards)
    const { gets, sets, searches, searchTime } = countsOf(metrics)

    iq.server('get', vcardNs, 'vCard', () => serverCard)
    iq.account.open('get', vcardNs, 'vCard', async ({ to }) => {
      gets.inc()
      const card = await vcards.get(to)
      if (card === undefined) throw new StanzaError('item-not-found')
      return card
    })
    iq.account.open('set', vcardNs, 'vCard', async ({ from, to, payload }) => {
      if (from.bareString !== to.bareString) throw new StanzaError('not-allowed')
      if (ldap === undefined) mustAccept(db)
      sets.inc()
      await vcards.set(to, payload)
    })
    // A card belongs to the account: written to one's own client it would seem to be stored.
    on(accountReceives, 'guard', ({ account, stanza }) => {
      if (stanza.kind !== 'iq' || stanza.type !== 'set' || !stanza.has('vCard', vcardNs)) return undefined
      if (stanza.from?.bareString !== account.bareString) return undefined
      router.bounce(stanza, 'not-allowed')
      return 'handled'
    })

    function open(point: ServicePoint): undefined {
      const directory = directoryAt(point, { store, ldap, maxMatches: options.matches, accounts })
      point.iq('get', searchNs, 'query', () => directory.form())
      point.iq('set', searchNs, 'query', async ({ payload }) => {
        const begun = clock.now()
        searches.inc()
        const found = await directory.search(payload)
        searchTime.observe((clock.now() - begun) * 1000)
        return found
      })
      point.iq('get', vcardNs, 'vCard', () => directoryCard)
      answerServiceDisco(point, {
        info: (node) => {
          if (node !== '') return undefined
          const form = find(discoApi)?.contactForm(name)
          return {
            identities: [{ category: 'directory', type: 'user', name: directoryName }],
            features: [NS.discoInfo, searchNs, vcardNs],
            forms: form === undefined ? [] : [form],
          }
        },
      })
    }
    if (options.search) serve({ template: options.host, name: directoryName, open })

    on(exportsUser, 'main', ({ user }) => exportCard(vcards, user))
    on(importsUser, 'main', (event) => importCard(vcards, event))
    on(userRemoved, 'forget', ({ user }) => store.forget(user))
    on(domainRemoved, 'forget', ({ domain }) => store.forgetDomain(domain))
    on(personalData, 'collect', async ({ user }) => {
      const card = ldap === undefined ? undefined : await ldap.get(user)
      const vcard = card === undefined ? await store.get(user) : fromWire(serialise(card))
      return vcard === undefined ? undefined : { name: 'vcard', rows: [{ jid: user.bareString, vcard }] }
    })
  },
})

function countsOf(metrics: Metrics) {
  return {
    gets: metrics.counter('mod_vcard_get_count', 'vCards asked for'),
    sets: metrics.counter('mod_vcard_set_count', 'vCards written'),
    searches: metrics.counter('mod_vcard_search_count', 'Searches in the directory'),
    searchTime: metrics.histogram('mod_vcard_search_time', 'Time of searches in the directory, in microseconds'),
  }
}

async function ldapCards(options: LdapVcardOptions, pools: ServicePools): Promise<LdapCards> {
  const pool = await pools.ldap(options.pool_tag)
  return new LdapCards(options, (search) => pool.search(search))
}

interface DirectoryParts {
  readonly store: VcardStore
  readonly ldap: LdapCards | undefined
  readonly maxMatches: number
  readonly accounts: Accounts
}

function directoryAt(
  { jid, parent: domain }: ServicePoint,
  { store, ldap, maxMatches, accounts }: DirectoryParts,
): Directory {
  if (ldap === undefined) return new CardDirectory(store, jid, domain, maxMatches)
  return new LdapDirectory({ cards: ldap, jid, domain, maxMatches, hasAccount: (user) => accounts.exists(user) })
}
