import type { RawElement } from '../../xml/raw-element.ts'

/** The namespace of `<body/>` (XEP-0124). */
export const boshNs = 'http://jabber.org/protocol/httpbind'
/** The namespace of what XEP-0206 adds. */
export const xboshNs = 'urn:xmpp:xbosh'

/** The start tag of a `<body/>`; attributes by name, those with a prefix as `{namespace}name`. */
export interface BodyTag {
  readonly name: string
  readonly ns: string
  attr(name: string): string | undefined
}

/** What a request is for: told by its attributes, in this order. */
export type BoshKind = 'terminate' | 'restart' | 'pause' | 'payload' | 'create'

/** A request of a client (XEP-0124 §6 to §14). */
export interface BoshRequest {
  readonly kind: BoshKind
  /** Undefined for a new session, which has none yet. */
  readonly sid: string | undefined
  /** 0 where there is none that could be right. */
  readonly rid: number
  /** The highest answer that the client has, with all before it; undefined where it does not say. */
  readonly ack: number | undefined
  /** Seconds; 0 for what is no number of them. */
  readonly pause: number
  readonly tag: BodyTag
  readonly elements: readonly RawElement[]
}

/** Reads the start tag of a request; undefined for what is no `<body/>`. */
export function readRequest(tag: BodyTag, elements: readonly RawElement[]): BoshRequest | undefined {
  if (tag.name !== 'body' || tag.ns !== boshNs) return undefined
  const ack = positive(tag.attr('ack'))
  return {
    kind: kindOf(tag),
    sid: tag.attr('sid'),
    rid: positive(tag.attr('rid')),
    ack: ack === 0 ? undefined : ack,
    pause: positive(tag.attr('pause')),
    tag,
    elements,
  }
}

function kindOf(tag: BodyTag): BoshKind {
  if (tag.attr('type') === 'terminate') return 'terminate'
  if (isTrue(tag.attr(`{${xboshNs}}restart`))) return 'restart'
  if (tag.attr('pause') !== undefined) return 'pause'
  return tag.attr('sid') === undefined ? 'create' : 'payload'
}

function isTrue(value: string | undefined): boolean {
  return value === 'true' || value === '1'
}

/** A positive integer that a number can hold exactly (XEP-0124 §14.1); 0 for anything else. */
function positive(text: string | undefined): number {
  const number = text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : 0
  return Number.isSafeInteger(number) ? number : 0
}

/** What a client asks of a new session. */
export interface Creation {
  /** Seconds that an answer may be waited for; 0 for a client that polls. */
  readonly wait: number
  /** The client says what it has received. */
  readonly acks: boolean
  /** The version of BOSH that both know. */
  readonly ver: string
}

/** Reads a request for a session, or says the condition it is refused with. `maxWait`: seconds, perhaps Infinity. */
export function readCreation(
  { rid, tag }: BoshRequest,
  maxWait: number,
): Creation | 'bad-request' | 'improper-addressing' | 'undefined-condition' {
  if (rid === 0) return 'bad-request'
  if ((tag.attr('to') ?? '') === '') return 'improper-addressing'
  const wait = count(tag.attr('wait'), defaultWait)
  // A client without a request to hold would have to poll all the time.
  if (wait === undefined || (count(tag.attr('hold'), 1) ?? 0) === 0) return 'undefined-condition'
  return { wait: Math.min(wait, maxWait), acks: tag.attr('ack') === '1', ver: versionOf(tag.attr('ver')) }
}

const defaultWait = 60

function count(text: string | undefined, missing: number): number | undefined {
  if (text === undefined) return missing
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined
}

const ourVersion = [1, 11] as const

/** The lower one of the client's version and ours (XEP-0124 §7.2). */
function versionOf(text: string | undefined): string {
  const [, major, minor] = /^(\d{1,4})\.(\d{1,4})$/.exec(text ?? '') ?? []
  const isLower = major !== undefined && (Number(major) < ourVersion[0] || Number(minor) < ourVersion[1])
  return isLower && Number(major) <= ourVersion[0] ? `${Number(major)}.${Number(minor)}` : ourVersion.join('.')
}
