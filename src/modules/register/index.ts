import { z } from 'zod'
import { address, ruleName } from '../../config/option.ts'
import { Jid } from '../../jid/jid.ts'
import { defineModule } from '../../module/define.ts'
import { IpRanges } from '../../net/ip-ranges.ts'
import { registerAccount, removeAccount } from '../../router/accounts.ts'
import { strangerAsks, streamFeatures } from '../../router/events.ts'
import type { IqRequest } from '../../router/iq-registry.ts'
import type { Session } from '../../router/session.ts'
import { NS as core } from '../../stanza/namespaces.ts'
import { Stanza } from '../../stanza/stanza.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { type Element, el } from '../../xml/element.ts'
import { formatUtcDate } from './date.ts'
import { entropy } from './password-strength.ts'
import { RateLimit } from './rate-limit.ts'

const NS = 'jabber:iq:register'

export default defineModule({
  name: 'mod_register',
  about: 'Lets people make accounts, change passwords and remove accounts from their client.',
  xeps: [{ xep: 77, version: '2.4' }],
  options: z.strictObject({
    access: ruleName().default('all').describe('Access rule: which names may be registered, and who may change a password or leave.'),
    welcome_message: z
      .strictObject({
        subject: z.string().default('').describe('Subject of the message.'),
        body: z.string().default('').describe('Text of the message.'),
      })
      .optional()
      .describe('A message that each new account finds.'),
    registration_watchers: z.array(address()).default([]).describe('Addresses that are told of each registration.'),
    password_strength: z.number().min(0).default(0).describe('Least entropy of a password in bits; 0 takes every password.'),
    ip_access: z
      .array(
        z.strictObject({
          address: z.string().describe('Address, or network as `192.0.2.0/24`.'),
          policy: z.enum(['allow', 'deny']).describe('Whether registrations may come from there.'),
        }),
      )
      .default([])
      .describe('Where registrations may come from; the first entry that matches decides, no match allows.'),
  }),
  setup({ host, iq, on, options, clock, router, accounts, log }) {
    const ranges = new IpRanges(options.ip_access)
    const limit = new RateLimit(clock, host.config.general.registration_timeout * 1000)
    
    /** Makes an account, or throws the error that says why not. `source` is what the time between two attempts is counted for. */
    async function register(query: Element, domain: string, source: { key: string; address: string }): Promise<void> {
      const name = query.childText('username') ?? ''
      const password = query.childText('password') ?? ''
      const user = accountName(name, domain)
      if (!host.access.allows(options.access, user, domain)) throw new StanzaError('forbidden')
      if (!ranges.allows(source.address)) throw new StanzaError('forbidden')
      if (!limit.take(source.key)) {
        throw new StanzaError('resource-constraint', { text: 'Users are not allowed to register accounts so quickly' })
      }
      if (password === '') throw new StanzaError('not-acceptable')
      checkStrength(password)
      if (!accounts.canRegister) throw new StanzaError('not-allowed')
      if (!(await registerAccount(host, user, password))) throw new StanzaError('conflict')
      log.info({ what: 'account_registered', jid: user.full, ip: source.address })
      welcome(user, source.address)
    }

    function checkStrength(password: string): void {
      if (options.password_strength > 0 && entropy(password) < options.password_strength) {
        throw new StanzaError('not-acceptable', { text: 'The password is too weak' })
      }
    }

    function welcome(user: Jid, address: string): void {
      const from = Jid.of('', user.domain)
      const message = options.welcome_message
      if (message !== undefined) {
        const children = [el('subject', core.client, message.subject), el('body', core.client, message.body)]
        void router.route(Stanza.make('message', { type: 'normal', from, to: user }, ...children))
      }
      const body = `[${formatUtcDate(clock.now())}] The account ${user.full} was registered from IP address ${address} using mod_register.`
      for (const to of options.registration_watchers) void router.route(Stanza.make('message', { type: 'chat', from, to }, el('body', core.client, body)))
    }

    async function changePassword(user: Jid, password: string): Promise<void> {
      if (!host.access.allows(options.access, user, user.domain)) throw new StanzaError('forbidden')
      if (password === '') throw new StanzaError('bad-request')
      checkStrength(password)
      if (!(await accounts.setPassword(user, password))) throw new StanzaError('not-allowed')
    }

    /** Removes the sender's account, in a later turn: the result goes out before the stream ends. */
    async function remove(request: IqRequest): Promise<void> {
      const user = request.from.bare
      if (!host.access.allows(options.access, user, user.domain)) throw new StanzaError('not-allowed')
      clock.after(0, () => void removeAccount(host, user))
    }

    async function set(request: IqRequest, session: Session | undefined): Promise<Element | undefined> {
      const { payload, from } = request
      if (isRemoval(payload)) {
        await remove(request)
        return undefined
      }
      if (!isComplete(payload)) throw new StanzaError('bad-request')
      const name = accountName(payload.childText('username') ?? '', from.domain)
      if (name.full === from.bareString) await changePassword(from.bare, payload.childText('password') ?? '')
      else await register(payload, from.domain, { key: from.full, address: session?.info.address ?? '' })
      return payload
    }

    for (const register of [iq.server, iq.account]) {
      register('get', NS, 'query', async ({ from }) => form((await accounts.exists(from.bare)) ? from.local : undefined))
      register('set', NS, 'query', (request, session) => set(request, session))
    }

    on(streamFeatures, 'main', ({ state }) =>
      state === 'beforeSignIn' ? el('register', 'http://jabber.org/features/iq-register') : undefined,
    )
    on(strangerAsks, 'main', async ({ request, domain, address }) => {
      const query = request.child('query', NS)
      if (query === undefined) return undefined
      if (request.attr('type') === 'get') return form(undefined)
      if (isRemoval(query) || !isComplete(query)) throw new StanzaError('bad-request')
      await register(query, domain, { key: address, address })
      return query
    })
  },
})

function isRemoval(query: Element): boolean {
  return query.elements().length === 1 && query.child('remove') !== undefined
}

function isComplete(query: Element): boolean {
  const has = (name: string) => query.child(name) !== undefined
  return has('username') && has('password') && !has('remove')
}

function accountName(name: string, domain: string): Jid {
  try {
    if (name === '') throw new StanzaError('bad-request')
    return Jid.of(name, domain)
  } catch {
    throw new StanzaError('bad-request')
  }
}

/** What a client is asked for (XEP-0077 §3.1); `username` of somebody who is signed in. */
function form(username: string | undefined): Element {
  return el(
    'query',
    NS,
    username === undefined ? undefined : el('registered', NS),
    el('instructions', NS, 'Choose a username and password to register with this server'),
    el('username', NS, username),
    el('password', NS),
  )
}
