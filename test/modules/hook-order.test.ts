import { describe, expect, it } from 'vitest'
import { everyModule } from '../support/every-module.ts'
import { ownServer } from '../support/own-server.ts'

interface Described {
  readonly hook: string
  readonly handlers: readonly { readonly slot: string; readonly module: string }[]
}

/**
 * Who comes before whom, as the modules' specifications say under "Interplay". What a name stands for is everything that the
 * module does at this hook.
 */
const orders: Readonly<Record<string, readonly string[][]>> = {
  userSends: [
    // Ids come first; what is judged, by a service, by rules or by lists, is judged before anybody keeps or copies it.
    ['mod_stanzaid', 'mod_external_filter', 'mod_amp', 'mod_privacy', 'mod_mam', 'mod_carboncopy', 'mod_event_pusher'],
    // Markers are noted after the message is in the archive; a client that sends is alive once all is done.
    ['mod_privacy', 'mod_mam', 'mod_smart_markers', 'mod_ping'],
    // Conversations hold what is in the archive, and copies do not count.
    ['mod_privacy', 'mod_mam', 'mod_inbox', 'mod_carboncopy'],
  ],
  accountReceives: [
    // Forged ids are taken out, private markers kept back, blocked senders refused: then it is archived, then copied.
    ['mod_smart_markers', 'mod_mam'],
    ['mod_privacy', 'mod_last', 'mod_mam', 'mod_carboncopy'],
    // Push is told a count that its message is in already.
    ['mod_smart_markers', 'mod_mam', 'mod_inbox', 'mod_carboncopy'],
  ],
  accountReceivesPresence: [
    // Who is blocked can neither ask for a subscription nor probe.
    ['mod_privacy', 'mod_roster', 'mod_presence'],
    // An invitation is answered when the roster has noted the request.
    ['mod_roster', 'mod_invites'],
  ],
  sessionReceives: [
    // What is held for an inactive client is not written yet: AMP hears of it, and it is counted, when it is.
    ['mod_privacy', 'mod_csi', 'mod_amp'],
  ],
  // A notification is for what has been kept, or not.
  deliveryOutcome: [['mod_amp', 'mod_event_pusher']],
  offline: [['mod_offline_chatmarkers', 'mod_offline', 'mod_offline_stub']],
  // Messages come before markers, and the message of the day last.
  sessionAvailable: [['mod_offline', 'mod_offline_chatmarkers', 'mod_announce']],
  // Lists are there before anything else happens in a session.
  sessionOpens: [['mod_privacy', 'mod_ping']],
  // What was held goes to the client, then it is kept for it.
  sessionDetaches: [['mod_csi', 'mod_stream_management']],
  // Others see it leave, then what it has not got goes elsewhere.
  sessionEnds: [['mod_presence', 'mod_csi', 'mod_stream_management']],
  discoInfo: [['mod_caps', 'mod_disco']],
}

/** Slots that the order above rests on where the module before could not be in the same hook. */
const places: readonly (readonly [hook: string, module: string, slot: string])[] = [
  // Before the hooks of the account: neither archive nor lists see what was isolated.
  ['domainReceives', 'mod_domain_isolation', 'filter'],
  // First and last: the client's ids go, ours is told where the archive has not done so.
  ['accountReceives', 'mod_stanzaid', 'identify'],
  ['accountReceives', 'mod_stanzaid', 'store'],
  ['userRemoved', 'mod_roster', 'announce'],
  ['sasl2Succeeds', 'mod_fast_auth_token', 'tokens'],
  ['sasl2Succeeds', 'mod_stream_management', 'resume'],
  ['sasl2Succeeds', 'mod_bind2', 'bind'],
]

describe('the order of modules at each hook', () => {
  const own = ownServer(
    everyModule(`
[modules.mod_external_filter]
pool_tag = "filter"
[modules.mod_smart_markers]
keep_private = true
[modules.mod_ping]
send_pings = true
[outgoing_pools.http.filter.connection]
host = "http://127.0.0.1:1"
`),
  )
  const handlersOf = async (name: string) => {
    const [found] = (await own.command('server.hooks', { name })) as Described[]
    return found?.handlers ?? []
  }

  for (const [hook, chains] of Object.entries(orders)) {
    it(`is as their Interplay sections say: ${hook}`, async () => {
      const handlers = await handlersOf(hook)
      for (const chain of chains) {
        const found = handlers.map(({ module }) => module).filter((module) => chain.includes(module))
        expect(found).toEqual(chain)
      }
    })
  }

  it('puts the others into the slots that say when they act', async () => {
    for (const [hook, module, slot] of places) {
      expect(await handlersOf(hook), hook).toContainEqual({ slot, module })
    }
  })

  it('has the id of mod_stanzaid follow that of the archive', async () => {
    const stores = (await handlersOf('accountReceives')).filter(({ slot }) => slot === 'store')
    expect(stores.map(({ module }) => module)).toEqual(['mod_mam', 'mod_stanzaid', 'mod_inbox'])
  })

  it('asks every module that keeps messages what it would do with one', async () => {
    const forecasters = (await handlersOf('storageForecast')).map(({ module }) => module)
    expect(forecasters).toEqual(['mod_mam', 'mod_offline'])
  })
})
