import { z } from 'zod'
import { domainName } from '../../config/option.ts'
import { Jid } from '../../jid/jid.ts'
import { defineModule } from '../../module/define.ts'
import type { Counter, Metrics } from '../../observe/metrics.ts'
import type { Host } from '../../router/host.ts'
import type { IqRequest } from '../../router/iq-registry.ts'
import { NS } from '../../stanza/namespaces.ts'
import { readRsm } from '../../stanza/rsm.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { productName } from '../../util/product.ts'
import type { Element } from '../../xml/element.ts'
import { rosterApi } from '../roster/api.ts'
import {
  type DiscoInfo,
  type DiscoItem,
  type DiscoItemsPage,
  type DiscoQuery,
  discoApi,
  discoInfo,
  discoItems,
  partOfItems,
  strangerInfo,
  strangerItems,
} from './api.ts'
import { infoElement, itemsElement, merged, onceEach } from './format.ts'
import { serverInfoForm } from './server-info.ts'

export default defineModule({
  name: 'mod_disco',
  about: 'Tells clients what the server and its accounts can do, and whom to contact.',
  xeps: [
    { xep: 30, version: '2.5.0' },
    { xep: 157, version: '1.1.1' },
  ],
  inCluster: true,
  options: z.strictObject({
    extra_domains: z.array(domainName()).default([]).describe('Further items in the list of services.'),
    server_info: z
      .array(
        z.strictObject({
          name: z.string().min(1).describe('Name of the field, as `abuse-addresses`.'),
          urls: z.array(z.string()).describe('Addresses to contact.'),
          modules: z
            .union([z.literal('all'), z.array(z.string())])
            .default('all')
            .describe('Whose answers show the field; `mod_disco` stands for the server itself.')
            .meta({ aliases: ['module'] }),
        }),
      )
      .default([])
      .describe('Contact addresses of the service (XEP-0157).'),
    users_can_see_hidden_services: z
      .boolean()
      .default(true)
      .describe('Whether clients see hidden components (`listen.component.hidden_components`) in the list of services.')
      .meta({ reload: 'live' }),
  }),
  setup({ host, iq, on, options, find, provide, metrics }) {
    const looked = rosterLooks(metrics, host.type)
    const queryOf = (at: DiscoQuery['at'], request: IqRequest) => queryIn(host, at, request)
    const listQuery = (at: DiscoQuery['at'], request: IqRequest): DiscoQuery => ({
      ...queryOf(at, request),
      rsm: readRsm(request.payload),
    })

    /** Whether somebody may learn about an account: the account itself and those it has any subscription with. */
    const isTrusted = async ({ from, to }: DiscoQuery): Promise<boolean> => {
      if (from.bareString === to.bareString) return true
      looked.inc()
      const roster = await find(rosterApi)?.load(to.bare)
      const state = roster?.stateOf(from)
      return state !== undefined && (state.to || state.from)
    }

    provide(discoApi, {
      serverInfo(domain) {
        const to = Jid.of('', domain)
        return merged(host.hooks.gatherNow(discoInfo, { host, at: 'server', from: to, to, node: '' }))
      },
      contactForm: (module) => serverInfoForm(options.server_info, module),
    })

    iq.server('get', NS.discoInfo, 'query', (request) => info(queryOf('server', request)))
    iq.server('get', NS.discoItems, 'query', (request) => items(listQuery('server', request)))

    iq.account.open('get', NS.discoInfo, 'query', async (request) => {
      const query = queryOf('account', request)
      return (await isTrusted(query)) ? info(query) : infoForStranger(query)
    })
    iq.account.open('get', NS.discoItems, 'query', async (request) => {
      const query = listQuery('account', request)
      return (await isTrusted(query)) ? items(query) : itemsForStranger(query)
    })

    on(discoInfo, 'main', ({ at, node }) => {
      if (node !== '') return undefined
      if (at === 'account') {
        const features = [...host.iq.namespaces('account'), ...host.features.account.list()]
        return { identities: [{ category: 'account', type: 'registered' }], features }
      }
      return {
        identities: [{ category: 'server', type: 'im', name: productName }],
        features: ['iq', 'presence', ...host.iq.namespaces('server'), ...host.features.server.list()],
        forms: [serverInfoForm(options.server_info, 'mod_disco')],
      }
    })
    on(discoItems, 'main', ({ at, node, from, to }): readonly DiscoItem[] | undefined => {
      if (node !== '') return undefined
      if (at === 'server') {
        const seesAll = from.local === '' || options.users_can_see_hidden_services
        const services = host.router.servicesOf(to.domain).filter(({ isHidden }) => seesAll || !isHidden)
        return [...services, ...options.extra_domains.map((jid) => ({ jid }))]
      }
      return host.sessions.of(to).map((session) => ({ jid: session.jid.full, name: to.local }))
    })
  },
})

async function info(query: DiscoQuery): Promise<Element> {
  const answers = await query.host.hooks.gather(discoInfo, query)
  if (answers.length === 0) throw new StanzaError(query.node === '' ? 'service-unavailable' : 'item-not-found')
  checkRefusal(answers)
  return infoElement(query.node, merged(answers))
}

async function items(query: DiscoQuery): Promise<Element> {
  const answers = await query.host.hooks.gather(discoItems, query)
  if (answers.length === 0) throw new StanzaError('item-not-found')
  return together(query, answers)
}

/** The answers of all modules as one; a part that somebody has taken out of a list of their own stands by itself. */
function together({ node, at, rsm }: DiscoQuery, answers: readonly (readonly DiscoItem[] | DiscoItemsPage)[]): Element {
  const lists: DiscoItem[] = []
  for (const answer of answers) {
    if ('set' in answer) return itemsElement(node, answer)
    lists.push(...answer)
  }
  return itemsElement(node, partOfItems(at === 'server' ? onceEach(lists) : lists, rsm))
}

/** What who has nothing to do with an account is told of what is in it. */
async function infoForStranger(query: DiscoQuery): Promise<Element> {
  const answers = query.node === '' ? [] : await query.host.hooks.gather(strangerInfo, query)
  if (answers.length === 0) throw new StanzaError('service-unavailable')
  return infoElement(query.node, merged(answers))
}

async function itemsForStranger(query: DiscoQuery): Promise<Element> {
  const answers = await query.host.hooks.gather(strangerItems, query)
  if (query.node !== '' && answers.length === 0) throw new StanzaError('service-unavailable')
  return together(query, answers)
}

/** Throws StanzaError where a module says that the node is not for who asks. */
function checkRefusal(answers: readonly DiscoInfo[]): void {
  const refusal = answers.find((answer) => answer.refusal !== undefined)?.refusal
  if (refusal !== undefined) throw new StanzaError(refusal)
}

function rosterLooks(metrics: Metrics, hostType: string): Counter {
  const help = 'Rosters looked into for questions about accounts'
  return metrics.counter('mod_disco_roster_get_count', help, ['host_type']).with({ host_type: hostType })
}

function queryIn(host: Host, at: DiscoQuery['at'], { from, to, payload }: IqRequest): DiscoQuery {
  return { host, at, from, to, node: payload.attr('node') ?? '' }
}
