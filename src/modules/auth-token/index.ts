import { z } from 'zod'
import { dataBackend, msOf, oneOf, type Period, period, periodFields } from '../../config/option.ts'
import type { Jid } from '../../jid/jid.ts'
import { defineModule, tables } from '../../module/define.ts'
import { measured } from '../../observe/measured.ts'
import type { SaslAnswer } from '../../protocol/sasl/mechanism.ts'
import { xOauthMechanism } from '../../protocol/sasl/x-oauth.ts'
import { domainRemoved, passwordChanged, personalData, userRemoved } from '../../router/events.ts'
import { saslMechanisms } from '../../router/sign-in-events.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { el } from '../../xml/element.ts'
import { parseElement } from '../../xml/parse.ts'
import { keystoreApi } from '../keystore/api.ts'
import { vcardApi } from '../vcard/api.ts'
import { authTokenApi } from './api.ts'
import { tokenCommands } from './commands.ts'
import { type AuthTokenTables, CounterStore, migrations } from './store.ts'
import { TokenOffice } from './token-office.ts'

const NS = 'erlang-solutions.com:xmpp:token-auth:0'
const unknown: SaslAnswer = { is: 'no', condition: 'temporary-auth-failure' }

const defaults = { access: { value: 1, unit: 'hours' }, refresh: { value: 25, unit: 'days' } } as const

/** MongooseIM 4.0.0 wrote a list; what it said of provision tokens never counted. */
const listOfPeriods = z.array(
  z.strictObject({ token: oneOf('access', 'refresh', 'provision').describe('Which tokens.'), ...periodFields }),
)
const validity = z
  .union([
    z.strictObject({
      access: period(defaults.access.value, defaults.access.unit).describe('How long an access token can be used.'),
      refresh: period(defaults.refresh.value, defaults.refresh.unit).describe('How long a refresh token can be used.'),
    }),
    listOfPeriods,
  ])
  .prefault({})
  .describe('How long tokens can be used.')
  .meta({ shownAs: 'table with `access` and `refresh`, each a table of `value` and `unit`' })

/** Seconds that tokens can be used. */
function secondsOf(given: z.output<typeof validity>): { access: number; refresh: number } {
  const named = Array.isArray(given) ? Object.fromEntries(given.map((entry) => [entry.token, entry])) : given
  const { access, refresh }: { access?: Period; refresh?: Period } = named
  return {
    access: msOf(access ?? defaults.access) / 1000,
    refresh: msOf(refresh ?? defaults.refresh) / 1000,
  }
}

export default defineModule({
  name: 'mod_auth_token',
  about: 'Gives clients signed tokens to sign in with (X-OAUTH).',
  xeps: [],
  inCluster: true,
  options: z.strictObject({ backend: dataBackend('rdbms'), validity_period: validity }),
  features: [NS],
  iqPolicy: 'no_queue',
  needs: ['mod_keystore'],
  tables: tables<AuthTokenTables>(),
  migrations,
  commands: tokenCommands,
  setup({ host, iq, on, db, accounts, clock, log, options, use, find, provide, metrics }) {
    const keys = use(keystoreApi)
    const secret = keys.get('token_secret')
    if (secret === undefined) throw new Error('mod_auth_token needs a key token_secret in mod_keystore')
    if (secret.type === 'ram') log.info({ what: 'token_secret_in_ram', text: 'All tokens end with the next restart.' })
    const store = measured(metrics, 'mod_auth_token_backend', new CounterStore(db))

    async function saveCard(owner: Jid, card: string): Promise<void> {
      try {
        await find(vcardApi)?.set(owner, parseElement(card))
      } catch (error) {
        log.warn({ what: 'provision_vcard_failed', jid: owner.full, reason: error })
      }
    }
    const validity = secondsOf(options.validity_period)
    const office = new TokenOffice({ keys, store, accounts, clock, validity, saveCard })
    const pairOf = async (user: Jid) => {
      const { access, refresh } = await office.issue(user)
      return { access: access.toString('base64'), refresh: refresh.toString('base64') }
    }
    provide(authTokenApi, {
      hasUser: (user) => accounts.exists(user),
      issue: pairOf,
      revoke: (user) => office.revoke(user),
    })

    iq.account.open('get', NS, 'query', async ({ from }) => {
      if (!host.domains.has(from.domain)) throw new StanzaError('item-not-found')
      const { access, refresh } = await pairOf(from)
      return el('items', NS, el('access_token', NS, access), el('refresh_token', NS, refresh))
    })
    const check = (token: Buffer, domain: string): Promise<SaslAnswer> =>
      office.check(token, domain).catch((error) => {
        log.error({ what: 'token_check_failed', reason: error })
        return unknown
      })
    on(saslMechanisms, 'main', () => ({ name: 'oauth', make: (given) => xOauthMechanism(check, given) }))

    on(passwordChanged, 'main', async ({ user }) => void (await office.revoke(user)))
    on(userRemoved, 'forget', ({ user }) => store.forget(user))
    on(domainRemoved, 'forget', ({ domain }) => store.forgetDomain(domain))
    on(personalData, 'collect', async ({ user }) => {
      const counter = await store.get(user)
      return counter === undefined ? undefined : { name: 'tokens', rows: [{ kind: 'X-OAUTH', counter }] }
    })
  },
})
