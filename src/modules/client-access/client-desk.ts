import type { Jid } from '../../jid/jid.ts'
import type { ModuleContext } from '../../module/context.ts'
import type { Session } from '../../router/session.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { StreamError } from '../../stanza/stream-error.ts'
import { type Element, el } from '../../xml/element.ts'
import { fastTokensApi } from '../fast-auth-token/api.ts'
import { agentOf, type Client, cam, clientElement, clientsOf, idOf, keyOf, sightingOf } from './clients.ts'
import type { ClientAccessOptions } from './options.ts'
import type { ClientStore } from './store.ts'

type Surroundings = Pick<ModuleContext<ClientAccessOptions>, 'clock' | 'find' | 'log' | 'options' | 'sessions'>

const isAnonymous = ({ info }: Session) => info.mechanism === 'ANONYMOUS'

/** Remembers who has access to accounts, shows it to their owners, and ends it. */
export class ClientDesk {
  readonly #store: ClientStore
  readonly #around: Surroundings

  constructor(store: ClientStore, around: Surroundings) {
    this.#store = store
    this.#around = around
  }

  /** A client has been let in. Nobody waits for it: who asks for the list is answered after what was written before. */
  saw(session: Session): void {
    if (isAnonymous(session)) return
    const { clock, options, sessions } = this.#around
    const user = session.jid.bare
    const seen = sightingOf(session, clock.now(), options.keep_names)
    const kept = [...sessions.of(user)].map(keyOf)
    this.attempt(Promise.all([this.#store.saw(user, seen), this.#store.trim(user, options.max_clients, kept)]))
  }

  /** A client was there until now. */
  left(session: Session): void {
    if (isAnonymous(session)) return
    this.attempt(this.#store.touch(session.jid.bare, keyOf(session), this.#around.clock.now()))
  }

  /** What fails is logged, and keeps nobody. */
  attempt(work: Promise<unknown>): void {
    work.catch((reason) => this.#around.log.error({ what: 'client_not_remembered', reason }))
  }

  /** XEP-0494 §3.1. */
  async list(user: Jid): Promise<Element> {
    const clients = await this.#clients(user)
    return el(
      'clients',
      cam,
      clients.map((client) => clientElement(client, user.bareString)),
    )
  }

  /** XEP-0494 §3.2. */
  async revoke(user: Jid, id: string | undefined, asker: Session | undefined): Promise<void> {
    this.#store.mustAccept()
    if (id === undefined || id === '') throw new StanzaError('bad-request')
    const client = (await this.#clients(user)).find((each) => idOf(each, user.bareString) === id)
    if (client === undefined) throw new StanzaError('item-not-found')
    mustBeRevocable(client)
    const { clock, find, log } = this.#around
    const agent = agentOf(client)
    if (agent !== undefined) await find(fastTokensApi)?.revoke(user, agent)
    await Promise.all(client.sessions.filter((session) => session !== asker).map(end))
    await this.#store.remove(user, client.key)
    log.info({ what: 'client_access_revoked', jid: user.full })
    // In a later turn: the result goes out before the stream ends.
    const own = client.sessions.find((session) => session === asker)
    if (own !== undefined) clock.after(0, () => this.attempt(end(own)))
  }

  async #clients(user: Jid): Promise<Client[]> {
    const { clock, find, options, sessions } = this.#around
    const tokens = (await find(fastTokensApi)?.installations(user)) ?? []
    const records = await this.#store.list(user)
    const settings = { now: clock.now(), tokens, names: options.keep_names }
    return clientsOf(records, [...sessions.of(user)], settings)
  }
}

async function end(session: Session): Promise<void> {
  const ended = session.end({ kind: 'kicked', status: 'Access revoked' })
  session.link.close(new StreamError('not-authorized', 'Access revoked'))
  await ended
}

/** Throws StanzaError for a client that knows something by which it would come back. */
function mustBeRevocable({ password, granted, certificate }: Client): void {
  if (password) {
    const app = el('password-reset-required', cam)
    throw new StanzaError('service-unavailable', { app, text: 'It knows the password: change that' })
  }
  if (granted || certificate) {
    throw new StanzaError('service-unavailable', {
      text: 'Its access was granted elsewhere, and can only be ended there',
    })
  }
}
