import type { Caller } from '../admin/graphql/authorise.ts'
import { Jid } from '../jid/jid.ts'
import { accountOfCredentials, basicCredentials, type Credentials, type Gate, isSame } from '../net/http-credentials.ts'
import { HttpError } from '../net/http-exchange.ts'
import type { ListenerParts } from './port.ts'
import type { SignInDesk } from './sign-in-desk.ts'

/** Whom a GraphQL handler lets in. */
export interface GraphqlHandler {
  readonly schema_endpoint: 'admin' | 'domain_admin' | 'user'
  readonly username?: string | undefined
  readonly password?: string | undefined
}

export type GateParts = Pick<ListenerParts, 'clock' | 'domainAdmins' | 'guard' | 'guesses' | 'router'>

const nobody: Caller = { is: 'nobody' }

/** Finds out who asks a GraphQL API. Who brings no credentials is nobody, and may ask for what is open to all. */
export function graphqlGate(handler: GraphqlHandler, parts: GateParts, desk: SignInDesk): Gate<Caller> {
  const { username, password, schema_endpoint: endpoint } = handler
  const isOpen = endpoint === 'admin' && (username === undefined || password === undefined)
  return async ({ request, remote: { address }, noted }) => {
    if (isOpen) return { is: 'admin' }
    const given = basicCredentials(request)
    if (given === undefined) return nobody
    const limit = parts.guesses
    if (endpoint === 'user') {
      const check = desk.checkPassword.bind(desk)
      const jid = await accountOfCredentials(given, { address, limit, check })
      if (noted !== undefined) noted.jid = jid.bareString
      return { is: 'user', jid }
    }
    return limit.check<Caller>(address, () =>
      endpoint === 'admin' ? adminOf(given, { username, password }) : domainAdminOf(given, address, parts),
    )
  }
}

function adminOf(given: Credentials, { username = '', password = '' }: Pick<GraphqlHandler, 'username' | 'password'>) {
  return isSame(given, { name: username, password }) ? ({ is: 'admin' } as const) : undefined
}

/** The administrator of a domain. Throws 429 where too many have guessed. */
async function domainAdminOf(given: Credentials, address: string, parts: GateParts): Promise<Caller | undefined> {
  const { guard, clock, router } = parts
  const jid = Jid.tryParse(given.name)
  const admins = parts.domainAdmins()
  const isAdmin = jid?.local === 'admin' && jid.isBare && router.hostOf(jid.domain) !== undefined
  if (!isAdmin || admins === undefined) return undefined
  const account = jid.bareString
  const wait = guard.delay(account, address)
  if (wait === undefined) throw new HttpError(429, 'Too many wrong credentials')
  if (wait > 0) await new Promise<void>((resolve) => clock.after(wait, resolve))
  if (await admins.checkPassword(jid.domain, given.password)) {
    guard.succeeded(account, address)
    return { is: 'domain_admin', domain: jid.domain }
  }
  guard.failed(account, address)
  return undefined
}
