import { z } from 'zod'
import { msOf, period, ruleName } from '../../config/option.ts'
import { defineModule, tables } from '../../module/define.ts'
import { measured } from '../../observe/measured.ts'
import {
  accountReceivesPresence,
  domainRemoved,
  personalData,
  strangerAsks,
  streamFeatures,
  userRemoved,
} from '../../router/events.ts'
import { formatTimestamp } from '../../stanza/delay.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { el } from '../../xml/element.ts'
import { adhocCommands } from '../adhoc/api.ts'
import { registrationAsked } from '../register/api.ts'
import { rosterApi } from '../roster/api.ts'
import { inviteAdhoc } from './adhoc.ts'
import { invitesApi } from './api.ts'
import { inviteCommands } from './commands.ts'
import { Inviter, preauthNs } from './inviter.ts'
import { InviteStore, type InviteTables, migrations } from './store.ts'

const dayMs = 86_400_000

export default defineModule({
  name: 'mod_invites',
  about: 'Lets users invite people as contacts, and to register an account.',
  xeps: [
    { xep: 379, version: '0.3.3' },
    { xep: 401, version: '0.6.0' },
    { xep: 445, version: '0.2.0' },
  ],
  options: z.strictObject({
    access: ruleName().default('all').describe('Access rule: who may invite contacts.').meta({ reload: 'live' }),
    account_access: ruleName()
      .default('none')
      .describe('Access rule: whose invitations let somebody register an account.')
      .meta({ reload: 'live' }),
    required: z
      .boolean()
      .default(false)
      .describe('Whether accounts can be registered by invitation alone.')
      .meta({ reload: 'live' }),
    landing_url: z
      .string()
      .startsWith('https://')
      .optional()
      .describe('Page for those who have no client yet, with `@TOKEN@` or `@URI@` for the token or the invitation.')
      .meta({ reload: 'live', example: 'https://example.org/invite/#@URI@' }),
    max_invitations: z.int().min(1).default(50).describe('Most open invitations of one user.').meta({ reload: 'live' }),
    validity: period(7, 'days').describe('How long an invitation counts.'),
  }),
  needs: ['mod_adhoc', 'mod_register', 'mod_roster'],
  tables: tables<InviteTables>(),
  migrations,
  commands: inviteCommands,
  setup({ host, on, db, options, use, provide, clock, log, every, metrics, limitReached }) {
    const store = measured(metrics, 'mod_invites_backend', new InviteStore(db))
    const validity = msOf(options.validity)
    const inviter = new Inviter({ host, store, rosters: use(rosterApi), options, validity, limitReached })
    provide(invitesApi, inviter)

    const commands = inviteAdhoc(host, inviter, options)
    on(adhocCommands, 'main', ({ at }) => (at === 'server' ? commands : undefined))

    on(streamFeatures, 'main', ({ state }) =>
      state === 'beforeSignIn' ? el('register', 'urn:xmpp:ibr-token:0') : undefined,
    )
    on(strangerAsks, 'main', async ({ request, domain, connection }) => {
      const preauth = request.child('preauth', preauthNs)
      if (preauth === undefined) return undefined
      if (request.attr('type') !== 'set') throw new StanzaError('bad-request')
      await inviter.show(connection, domain, preauth.attr('token') ?? '')
      return 'done'
    })
    on(registrationAsked, 'main', async ({ user, connection }) => {
      const permit = await inviter.permit(user, connection)
      if (permit === undefined && options.required) {
        throw new StanzaError('not-allowed', { text: 'An account can only be registered by invitation' })
      }
      return permit
    })
    // After the roster has taken note of the request.
    on(accountReceivesPresence, 'probe', ({ account, stanza }) => {
      if (stanza.type !== 'subscribe' || !stanza.has('preauth', preauthNs)) return undefined
      return inviter.welcome(account, stanza).then((isDone) => (isDone ? ('handled' as const) : undefined))
    })

    every(dayMs, () => {
      for (const domain of host.domains) {
        store.purge(domain, clock.now()).catch((error) => log.error({ what: 'invite_purge_failed', reason: error }))
      }
    })
    on(userRemoved, 'forget', ({ user }) => store.forget(user))
    on(domainRemoved, 'forget', ({ domain }) => store.forgetDomain(domain))
    on(personalData, 'collect', async ({ user }) => {
      const rows = await store.list(user.domain, user.local)
      if (rows.length === 0) return undefined
      const shownRows = rows.map(({ isForAccount, username, expires }) => ({
        kind: isForAccount ? 'account' : 'contact',
        username,
        expires: formatTimestamp(expires),
      }))
      return { name: 'invitations', rows: shownRows }
    })
  },
})
