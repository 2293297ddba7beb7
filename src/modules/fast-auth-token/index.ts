import { msOf } from '../../config/option.ts'
import { defineModule, tables } from '../../module/define.ts'
import { measured } from '../../observe/measured.ts'
import { hashedTokenMechanism, type TokenClaim } from '../../protocol/hashed-token/mechanism.ts'
import { type HashedTokenKind, hashedTokenKinds } from '../../protocol/hashed-token/names.ts'
import type { SaslAnswer, SaslMechanism } from '../../protocol/sasl/mechanism.ts'
import type { ProfileConnection } from '../../protocol/sasl/profile.ts'
import { domainRemoved, passwordChanged, personalData, userRemoved } from '../../router/events.ts'
import { sasl2Features, sasl2Mechanisms, sasl2Starts, sasl2Succeeds } from '../../router/sign-in-events.ts'
import { formatTimestamp } from '../../stanza/delay.ts'
import { once } from '../../util/once.ts'
import { type Element, el } from '../../xml/element.ts'
import { fastTokensApi } from './api.ts'
import { options } from './options.ts'
import { migrations, TokenStore, type TokenTables } from './store.ts'
import { NS, TokenDesk } from './token-desk.ts'

const dayMs = 86_400_000
const unknown: SaslAnswer = { is: 'no', condition: 'temporary-auth-failure' }

/** Whether a connection has what tokens of this kind are bound to. */
function isUsable({ binding }: HashedTokenKind, { security }: ProfileConnection): boolean {
  return binding === undefined || security.bindingTypes.includes(binding)
}

export default defineModule({
  name: 'mod_fast_auth_token',
  about: 'Lets a client sign in again by a token that it was given, in one message.',
  xeps: [{ xep: 484, version: '0.2.0' }],
  inCluster: true,
  options,
  needs: ['mod_sasl2'],
  tables: tables<TokenTables>(),
  migrations,
  setup({ host, on, db, accounts, clock, log, options, every, metrics, provide }) {
    const store = measured(metrics, 'mod_fast_auth_token_backend', new TokenStore(db))
    const { access, rotate_before_expire } = options.validity_period
    const rotateBefore = msOf(rotate_before_expire)
    const desk = new TokenDesk({ store, accounts, clock, validity: msOf(access), rotateBefore })

    const prove = (claim: TokenClaim) =>
      desk.prove(claim).catch((error): SaslAnswer => {
        log.error({ what: 'token_check_failed', reason: error })
        return unknown
      })
    const all = once(() =>
      [...hashedTokenKinds].map(([name, kind]) => ({ mechanism: hashedTokenMechanism(name, kind, prove), kind })),
    )
    // The same for all connections with the same bindings.
    const offers = new Map<string, { mechanisms: readonly SaslMechanism[]; feature: Element }>()
    const offerFor = (connection: ProfileConnection) => {
      const key = connection.security.bindingTypes.join(' ')
      const known = offers.get(key)
      if (known !== undefined) return known
      const usable = all().filter(({ kind }) => isUsable(kind, connection))
      const mechanisms = usable.map(({ mechanism }) => mechanism)
      const names = mechanisms.map(({ name }) => el('mechanism', NS, name))
      const made = { mechanisms, feature: el('fast', NS, names) }
      offers.set(key, made)
      return made
    }
    on(sasl2Features, 'main', ({ connection }) => offerFor(connection).feature)
    on(sasl2Mechanisms, 'main', ({ connection }) => offerFor(connection).mechanisms)
    on(sasl2Starts, 'check', ({ request }) => desk.check(request))
    on(sasl2Succeeds, 'tokens', ({ login }) => desk.settle(login))

    provide(fastTokensApi, {
      installations: async (user) => {
        const now = clock.now()
        return (await store.list(user)).filter(({ expires }) => expires > now).map(({ agent }) => agent)
      },
      revoke: (user, agent) => store.forget({ user, agent }),
    })
    every(dayMs, () => {
      for (const domain of host.domains) {
        store.purge(domain, clock.now()).catch((error) => log.error({ what: 'token_purge_failed', reason: error }))
      }
    })
    on(passwordChanged, 'main', ({ user }) => store.forgetUser(user))
    on(userRemoved, 'forget', ({ user }) => store.forgetUser(user))
    on(domainRemoved, 'forget', ({ domain }) => store.forgetDomain(domain))
    on(personalData, 'collect', async ({ user }) => {
      const rows = await store.list(user)
      if (rows.length === 0) return undefined
      return {
        name: 'tokens',
        rows: rows.map(({ agent, mechanism, expires }) => ({
          kind: mechanism,
          agent,
          expires: formatTimestamp(expires),
        })),
      }
    })
  },
})
