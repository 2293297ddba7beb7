import { defineModule, tables } from '../../module/define.ts'
import type { ServicePoint } from '../../module/subdomain.ts'
import { accountReceives, exportsUser, importsUser, personalData, userRemoved } from '../../router/events.ts'
import { NS } from '../../stanza/namespaces.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { mustAccept } from '../../storage/must-accept.ts'
import { answerServiceDisco, discoApi } from '../disco/api.ts'
import { vcardApi } from './api.ts'
import { directoryCard, serverCard, vcardNs } from './cards.ts'
import { Directory, searchNs } from './directory.ts'
import { options } from './options.ts'
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
  options,
  iqPolicy: 'parallel',
  tables: tables<VcardTables>(),
  migrations,
  setup({ name, host, iq, on, db, options, provide, find, serve, metrics, clock, router }) {
    const store = new VcardStore(db)
    const vcards = new Vcards(host, store)
    provide(vcardApi, vcards)
    const gets = metrics.counter('mod_vcard_get_count', 'vCards asked for')
    const sets = metrics.counter('mod_vcard_set_count', 'vCards written')
    const searches = metrics.counter('mod_vcard_search_count', 'Searches in the directory')
    const searchTime = metrics.histogram('mod_vcard_search_time', 'Time of searches in the directory, in microseconds')

    iq.server('get', vcardNs, 'vCard', () => serverCard)
    iq.account.open('get', vcardNs, 'vCard', async ({ to }) => {
      gets.inc()
      const card = await vcards.get(to)
      if (card === undefined) throw new StanzaError('item-not-found')
      return card
    })
    iq.account.open('set', vcardNs, 'vCard', async ({ from, to, payload }) => {
      if (from.bareString !== to.bareString) throw new StanzaError('not-allowed')
      mustAccept(db)
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
      const directory = new Directory(store, point.jid, point.parent, options.matches)
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

    on(exportsUser, 'main', ({ user }) => vcards.exported(user))
    on(importsUser, 'main', (event) => vcards.import(event))
    on(userRemoved, 'forget', ({ user }) => store.forget(user))
    on(personalData, 'collect', async ({ user }) => {
      const vcard = await store.get(user)
      return vcard === undefined ? undefined : { name: 'vcard', rows: [{ jid: user.bareString, vcard }] }
    })
  },
})
