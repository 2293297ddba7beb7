import { randomBytes } from 'node:crypto'
import { Jid } from '../../jid/jid.ts'
import type { LimitReached } from '../../observe/limits.ts'
import type { Host } from '../../router/host.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import type { RegistrationPermit } from '../register/api.ts'
import type { RosterApi } from '../roster/api.ts'
import type { AccountInvitation, InvitationLink, InvitesApi, ShownInvitation } from './api.ts'
import type { Invitation, InviteStore, StoredInvitation } from './store.ts'

/** The namespace of what carries a token (XEP-0379, XEP-0445). */
export const preauthNs = 'urn:xmpp:pars:0'

/** What invitations are like; read whenever one is made. */
export interface InviterOptions {
  readonly landing_url?: string | undefined
  readonly max_invitations: number
}

export interface InviterParts {
  readonly host: Host
  readonly store: InviteStore
  readonly rosters: RosterApi
  readonly options: InviterOptions
  /** Milliseconds. */
  readonly validity: number
  readonly limitReached: LimitReached
}

/** Makes invitations and honours them. */
export class Inviter implements InvitesApi {
  readonly #parts: InviterParts
  /** Which invitation a connection has shown. It counts on that connection even when its time is over (XEP-0445 §3). */
  readonly #shown = new WeakMap<object, StoredInvitation>()
  /** Invitations by which somebody is registering now. */
  readonly #inUse = new Set<string>()

  constructor(parts: InviterParts) {
    this.#parts = parts
  }

  /** An invitation to become a contact; `isForAccount`: who has no account may register one (XEP-0401 §3.1). */
  async inviteContact(inviter: Jid, isForAccount: boolean): Promise<InvitationLink> {
    await this.#checkNumber(inviter)
    const { domain, local } = inviter
    const wish = { domain, inviter: local, isForAccount, username: '', makesContacts: true }
    return this.#make(wish, (token) => contactUri(inviter, token, isForAccount))
  }

  async inviteToRegister({ domain, inviter, username, makesContacts }: AccountInvitation): Promise<InvitationLink> {
    if (inviter !== undefined) await this.#checkNumber(inviter)
    const account = username === '' ? Jid.of('', domain) : accountOf(username, domain)
    if (username !== '' && (await this.#isTaken(account))) throw new StanzaError('conflict')
    const wish = { domain, inviter: inviter?.local ?? '', isForAccount: true, username: account.local, makesContacts }
    return this.#make(wish, (token) => registerUri(account, token))
  }

  async look(token: string): Promise<ShownInvitation | undefined> {
    const { host, store } = this.#parts
    const found = /^[0-9a-f]{32}$/.test(token) ? await store.findAnywhere(token, this.#now()) : undefined
    if (found === undefined || !host.domains.has(found.domain)) return undefined
    const { domain, isForAccount, makesContacts, username, expires } = found
    const inviter = found.inviter === '' ? undefined : Jid.ofStored(found.inviter, domain)
    const isForContact = inviter !== undefined && makesContacts && username === ''
    const uri = isForContact
      ? contactUri(inviter, token, isForAccount)
      : registerUri(username === '' ? Jid.of('', domain) : Jid.ofStored(username, domain), token)
    return { uri, domain, inviter: inviter?.bareString, isForAccount, expires }
  }

  /** Takes a token that somebody shows before registering. Throws StanzaError `item-not-found`. */
  async show(connection: object, domain: string, token: string): Promise<void> {
    const invitation = await this.#parts.store.find(domain, token, this.#now())
    if (invitation?.isForAccount !== true) {
      throw new StanzaError('item-not-found', { text: 'The provided token is invalid or expired' })
    }
    this.#shown.set(connection, invitation)
  }

  /** What somebody is permitted who wants this name. Throws StanzaError where it is kept for somebody else. */
  async permit(user: Jid, connection: object | undefined): Promise<RegistrationPermit | undefined> {
    const shown = connection === undefined ? undefined : this.#shown.get(connection)
    const isTheirs = shown?.domain === user.domain
    const kept = await this.#parts.store.reserving(user, this.#now())
    if (kept !== undefined && !(isTheirs && shown.hash === kept.hash)) throw new StanzaError('conflict')
    if (shown === undefined || !isTheirs) return undefined
    if (shown.username !== '' && shown.username !== user.local) {
      throw new StanzaError('not-allowed', { text: 'The invitation is for another name' })
    }
    return { use: (register) => this.#use(shown, user, register) }
  }

  /** Makes contacts of an account and who has asked for that with a token of it (XEP-0379 §3.5); whether it has. */
  async welcome(account: Jid, stanza: Stanza): Promise<boolean> {
    const { store, rosters } = this.#parts
    const token = stanza.child('preauth', preauthNs)?.attr('token') ?? ''
    const contact = stanza.from?.bare
    const invitation = token === '' ? undefined : await store.find(account.domain, token, this.#now())
    const isGood = invitation?.makesContacts === true && invitation.inviter === account.local
    if (contact === undefined || !isGood || !(await store.use(invitation))) return false
    await rosters.send('subscribed', account, contact)
    await rosters.send('subscribe', account, contact)
    return true
  }

  async #use(shown: StoredInvitation, user: Jid, register: () => Promise<void>): Promise<void> {
    const { store } = this.#parts
    const used = new StanzaError('not-allowed', { text: 'The invitation has been used' })
    if (this.#inUse.has(shown.hash)) throw used
    this.#inUse.add(shown.hash)
    try {
      if (!(await store.isOpen(shown))) throw used
      await register()
      await store.use(shown)
    } finally {
      this.#inUse.delete(shown.hash)
    }
    if (shown.makesContacts && shown.inviter !== '')
      await this.#befriend(Jid.ofStored(shown.inviter, user.domain), user)
  }

  /** Each has agreed before the other asks (RFC 6121 §3.4). */
  async #befriend(one: Jid, other: Jid): Promise<void> {
    const { rosters } = this.#parts
    if (!(await rosters.hasUser(one))) return
    await rosters.send('subscribed', one, other)
    await rosters.send('subscribed', other, one)
    await rosters.send('subscribe', one, other)
    await rosters.send('subscribe', other, one)
  }

  async #make(wish: Omit<Invitation, 'expires'>, uri: (token: string) => string): Promise<InvitationLink> {
    const { store, options, validity } = this.#parts
    const token = randomBytes(16).toString('hex')
    const expires = this.#now() + validity
    await store.add(token, { ...wish, expires })
    const link = uri(token)
    const landingUrl = options.landing_url?.replaceAll('@TOKEN@', token).replaceAll('@URI@', encodeURIComponent(link))
    return { uri: link, landingUrl, expires }
  }

  async #checkNumber(inviter: Jid): Promise<void> {
    const { store, options, limitReached } = this.#parts
    if ((await store.countOf(inviter, this.#now())) < options.max_invitations) return
    limitReached('invitation', { jid: inviter.bareString })
    throw new StanzaError('resource-constraint', { text: 'Too many invitations are open' })
  }

  async #isTaken(user: Jid): Promise<boolean> {
    const { host, store } = this.#parts
    return (await host.accounts.exists(user)) || (await store.reserving(user, this.#now())) !== undefined
  }

  #now(): number {
    return this.#parts.host.clock.now()
  }
}

function accountOf(username: string, domain: string): Jid {
  try {
    return Jid.of(username, domain)
  } catch (cause) {
    throw new StanzaError('jid-malformed', { cause })
  }
}

/** Makes a contact of somebody (XEP-0379 §3.2); `isForAccount`: who has no account may register one. */
function contactUri(inviter: Jid, token: string, isForAccount: boolean): string {
  return `xmpp:${uriOf(inviter)}?roster;preauth=${token}${isForAccount ? ';ibr=y' : ''}`
}

/** Registers an account, or one on a domain (XEP-0401 §3.2). */
function registerUri(account: Jid, token: string): string {
  return `xmpp:${uriOf(account)}?register;preauth=${token}`
}

/** An address as it stands in a URI (RFC 5122 §2.2). */
function uriOf({ local, domain }: Jid): string {
  const host = /[^\x21-\x7e]/.test(domain) ? encodeURIComponent(domain) : domain
  return local === '' ? host : `${encodeURIComponent(local)}@${host}`
}
