import { NS } from '../../stanza/namespaces.ts'
import { StreamError } from '../../stanza/stream-error.ts'
import { type Element, el } from '../../xml/element.ts'
import { decodeBase64 } from '../sasl/base64.ts'
import { SaslError } from '../sasl/condition.ts'
import type { SaslMechanism } from '../sasl/mechanism.ts'
import type { ProfileConnection, SaslInput, SaslProfile } from '../sasl/profile.ts'
import type { Sasl2Login, Sasl2Request, SaslTask, UserAgent } from './login.ts'

/** Namespace of XEP-0480. */
export const upgradeNs = 'urn:xmpp:sasl:upgrade:0'
const uuid4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i

/** Why a request is refused before its mechanism has begun. */
export type Sasl2Refusal = Pick<SaslError, 'condition' | 'text'>

/** What modules bring to SASL2. */
export interface Sasl2Parts {
  /** What can be asked for together with authentication (XEP-0388 §2.1). */
  inline(connection: ProfileConnection): readonly Element[]
  /** Names of upgrade tasks (XEP-0480 §2.1). */
  upgrades(): readonly string[]
  /** Mechanisms that are taken but stand in no list of mechanisms. */
  unlisted(connection: ProfileConnection): readonly SaslMechanism[]
  /** Looks at a request before its mechanism begins. */
  check(request: Sasl2Request): Sasl2Refusal | undefined
  tasks(login: Sasl2Login): Promise<readonly SaslTask[]>
}

/** Base64; nothing and "=" both stand for no bytes. */
function decode(element: Element): Buffer {
  const text = element.text().trim()
  const data = text === '=' ? Buffer.alloc(0) : decodeBase64(text)
  if (data === undefined || element.elements().length > 0) throw new SaslError('incorrect-encoding')
  return data
}

/** Throws StreamError for an id that is none (XEP-0388 §2.3). */
function agentOf(authenticate: Element): UserAgent | undefined {
  const agent = authenticate.child('user-agent')
  if (agent === undefined) return undefined
  const id = agent.attr('id')
  if (id !== undefined && !uuid4.test(id)) throw new StreamError('policy-violation', 'user-agent id is not a UUIDv4')
  return {
    id: id?.toLowerCase() ?? '',
    software: agent.childText('software') ?? '',
    device: agent.childText('device') ?? '',
  }
}

function begin(element: Element, check: Sasl2Parts['check']): SaslInput {
  const request = { element, agent: agentOf(element) }
  const refusal = check(request)
  if (refusal !== undefined) throw new SaslError(refusal.condition, refusal.text)
  const initial = element.child('initial-response')
  return {
    says: 'begin',
    mechanism: element.attr('mechanism') ?? '',
    initial: initial === undefined ? undefined : decode(initial),
    request,
  }
}

function read(element: Element, check: Sasl2Parts['check']): SaslInput | undefined {
  switch (element.name) {
    case 'authenticate':
      return begin(element, check)
    case 'response':
      return { says: 'response', data: decode(element) }
    case 'abort':
      return { says: 'abort' }
    case 'next':
      return { says: 'next', task: element.attr('task') ?? '', content: element.elements() }
    case 'task-data':
      return { says: 'task-data', content: element.elements() }
    default:
      return undefined
  }
}

function base64(data: Buffer): string {
  return data.length === 0 ? '=' : data.toString('base64')
}

function additional(data: Buffer | undefined): Element | undefined {
  return data === undefined ? undefined : el('additional-data', NS.sasl2, base64(data))
}

/** SASL2 (XEP-0388): never without TLS; no new stream after success. */
export function sasl2Profile(parts: Sasl2Parts): SaslProfile {
  return {
    ns: NS.sasl2,
    isForClearText: false,
    restartsStream: false,
    feature: (mechanisms, connection) =>
      el(
        'authentication',
        NS.sasl2,
        mechanisms.map((name) => el('mechanism', NS.sasl2, name)),
        el('inline', NS.sasl2, parts.inline(connection)),
        parts.upgrades().map((name) => el('upgrade', upgradeNs, name)),
      ),
    unlisted: (connection) => parts.unlisted(connection),
    tasks: (login) => parts.tasks(login),
    read: (element) => read(element, parts.check),
    challenge: (data) => el('challenge', NS.sasl2, base64(data)),
    proceed: (task, data) =>
      el('continue', NS.sasl2, additional(data), el('tasks', NS.sasl2, el('task', NS.sasl2, task))),
    taskData: (content) => el('task-data', NS.sasl2, content),
    success: (user, data, results) =>
      el('success', NS.sasl2, additional(data), el('authorization-identifier', NS.sasl2, user.full), results),
    failure: (condition, text) =>
      el(
        'failure',
        NS.sasl2,
        el(condition, NS.sasl),
        text === undefined ? undefined : el('text', NS.sasl2, { 'xml:lang': 'en' }, text),
      ),
  }
}
