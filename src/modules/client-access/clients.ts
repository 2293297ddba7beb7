import { createHash } from 'node:crypto'
import type { Session, SessionInfo } from '../../router/session.ts'
import { formatTimestamp } from '../../stanza/delay.ts'
import { NS } from '../../stanza/namespaces.ts'
import { type Element, el } from '../../xml/element.ts'
import type { ClientRecord, Proof, Sighting } from './store.ts'

export const cam = 'urn:xmpp:cam:0'

/** UTF-16 units of what clients say of themselves that are kept. */
const longest = 200

/** A client that has access to an account. */
export interface Client extends Omit<ClientRecord, 'firstSeen' | 'lastSeen'> {
  /** Unknown of one that signed in before anybody remembered. */
  readonly firstSeen: number | undefined
  readonly lastSeen: number | undefined
  /** Can sign in by a token of XEP-0484. */
  readonly hasTokens: boolean
  /** Those that are open, or wait to be resumed. */
  readonly sessions: readonly Session[]
}

function hashed(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 32)
}

/** The key of an installation. */
function agentKey(id: string): string {
  return `agent:${id}`
}

/** The id of the user-agent of a client, where it has one. */
export function agentOf({ key }: Client): string | undefined {
  const prefix = agentKey('')
  return key.startsWith(prefix) ? key.slice(prefix.length) : undefined
}

/** What tells a client from others: the id of its user-agent (XEP-0388), or else its resource. */
export function keyOf({ info, jid }: Session): string {
  const id = info.agent?.id ?? ''
  return id === '' ? `resource:${hashed(jid.resource)}` : agentKey(id)
}

/** What is remembered of a client by what it signs in with. FAST's tokens are known to their own module. */
function proofOf({ mechanism }: SessionInfo): Proof | undefined {
  if (mechanism === 'EXTERNAL') return 'certificate'
  if (mechanism === 'OAUTHBEARER' || mechanism === 'X-OAUTH') return 'granted'
  return mechanism === 'PLAIN' || mechanism.startsWith('SCRAM-') ? 'password' : undefined
}

/** What a session shows of its client; `names`: what it calls itself is shown. */
export function sightingOf(session: Session, at: number, names: boolean): Sighting {
  const { agent } = session.info
  const told = { software: agent?.software ?? '', device: agent?.device || (agent?.id ? '' : session.jid.resource) }
  const cut = (text: string) => (names ? text.slice(0, longest).replace(/[\uD800-\uDBFF]$/, '') : '')
  return { key: keyOf(session), software: cut(told.software), device: cut(told.device), at, by: proofOf(session.info) }
}

/** Who has access to an account: who is remembered, who is there, and who has tokens. */
export function clientsOf(
  records: readonly ClientRecord[],
  sessions: readonly Session[],
  { now, tokens, names }: { readonly now: number; readonly tokens: readonly string[]; readonly names: boolean },
): Client[] {
  const open = new Map<string, Session[]>()
  for (const session of sessions) open.set(keyOf(session), [...(open.get(keyOf(session)) ?? []), session])
  const withTokens = new Set(tokens.map(agentKey))
  const remembered = new Map(records.map((record) => [record.key, record]))
  const keys = new Set([...open.keys(), ...remembered.keys(), ...withTokens])
  return [...keys].map((key) => {
    const own = open.get(key) ?? []
    const shared = { key, hasTokens: withTokens.has(key), sessions: own }
    const record = remembered.get(key)
    if (record !== undefined) return { ...record, ...shared, lastSeen: own.length > 0 ? now : record.lastSeen }
    const [session] = own
    const seen = session && sightingOf(session, now, names)
    const times = { firstSeen: session?.startedAt, lastSeen: session && now }
    return {
      ...{ software: seen?.software ?? '', device: seen?.device ?? '', ...times },
      ...{
        password: seen?.by === 'password',
        granted: seen?.by === 'granted',
        certificate: seen?.by === 'certificate',
      },
      ...shared,
    }
  })
}

/** The id of a client for who has the account: it tells nothing of the client. */
export function idOf({ key }: Client, account: string): string {
  return hashed(`${account} ${key}`).slice(0, 16)
}

/** A client as it stands in the list. */
export function clientElement(client: Client, account: string): Element {
  const { firstSeen, lastSeen, sessions, software, device } = client
  const time = (name: string, at: number | undefined) =>
    at === undefined ? undefined : el(name, cam, formatTimestamp(at))
  const text = (name: string, value: string) => (value === '' ? undefined : el(name, cam, value))
  const attributes = {
    connected: String(sessions.length > 0),
    id: idOf(client, account),
    // Who has tokens and has not been seen may never have had a session.
    type: firstSeen === undefined ? 'access' : 'session',
  }
  const auth = [
    client.password ? el('password', cam) : undefined,
    client.granted ? el('grant', cam) : undefined,
    client.hasTokens ? el('fast', cam) : undefined,
    client.certificate ? el('mechanism', NS.sasl, 'EXTERNAL') : undefined,
  ]
  return el('client', cam, attributes, [
    time('first-seen', firstSeen),
    time('last-seen', lastSeen),
    el('auth', cam, auth),
    // Nobody is let in with fewer rights than the owner has.
    el('permission', cam, { status: 'unrestricted' }),
    software + device === '' ? undefined : el('user-agent', cam, [text('software', software), text('device', device)]),
  ])
}
