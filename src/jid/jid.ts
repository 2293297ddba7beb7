import { escapeXml } from '../xml/escape.ts'
import { toWire, type Wire } from '../xml/wire.ts'
import { InternTable } from './intern.ts'
import { JidError } from './jid-error.ts'
import {
  MAX_PART_OCTETS,
  prepareDomain,
  prepareLocal,
  prepareLocalLegacy,
  prepareResource,
  prepareResourceLegacy,
} from './prepare.ts'

// Longer than any address in its prepared form: refused before any work.
const MAX_TEXT_UNITS = 3 * MAX_PART_OCTETS + 2
const INTERNED_GENERATION = 4096
// Longer texts are rare and would let a flood pin megabytes.
const MAX_INTERNED_UNITS = 256

/** The parts of an address, in its printable form. */
function printable(local: string, domain: string, resource: string): string {
  const bare = local === '' ? domain : `${local}@${domain}`
  return resource === '' ? bare : `${bare}/${resource}`
}

/** A copy of its own. A part cut from received text would otherwise keep all of that text in memory. */
function detached(text: string): string {
  return ` ${text}`.slice(1)
}

/**
 * An XMPP address (RFC 7622), prepared and immutable. Two are equal when their `full` is; nothing else is ever compared or
 * routed on. XEP-0106 escapes are part of the name and stay as they are.
 */
export class Jid {
  /** The local part, '' when there is none. */
  readonly local: string
  /** The domain: U-labels, or an address of IPv4, or of IPv6 in brackets. Never ''. */
  readonly domain: string
  /** The resource, '' when there is none. */
  readonly resource: string
  /** The printable canonical form: `local@domain/resource`. */
  readonly full: string
  #bare: Jid | undefined = undefined
  #wire: Wire | undefined = undefined

  private constructor(local: string, domain: string, resource: string, full: string) {
    this.local = local
    this.domain = domain
    this.resource = resource
    this.full = full
  }

  /** Reads an address. The same text mostly gives the same object. Throws JidError. */
  static parse(text: string): Jid {
    const known = interned.get(text)
    if (known !== undefined) return known
    if (text.length > MAX_TEXT_UNITS) throw new JidError('an address is too long')
    return Jid.#prepare(detached(text))
  }

  /** Reads an address, undefined when it is malformed. */
  static tryParse(text: string): Jid | undefined {
    try {
      return Jid.parse(text)
    } catch (error) {
      if (error instanceof JidError) return undefined
      throw error
    }
  }

  /** Makes an address of parts, '' for an absent one; each is prepared. Throws JidError. */
  static of(local: string, domain: string, resource = ''): Jid {
    return Jid.#shared(
      local === '' ? '' : prepareLocal(local),
      prepareDomain(domain),
      resource === '' ? '' : prepareResource(resource),
    )
  }

  /**
   * Makes an address of stored parts. Parts that only the old profiles (RFC 3920) accept are read by those; `onLegacy` is
   * told then. Throws JidError when neither accepts them.
   */
  static ofStored(local: string, domain: string, resource = '', onLegacy?: (jid: Jid) => void): Jid {
    try {
      return Jid.of(local, domain, resource)
    } catch (error) {
      if (!(error instanceof JidError)) throw error
    }
    const oldLocal = local === '' ? '' : preparedOr(local, prepareLocal, prepareLocalLegacy)
    const oldResource = resource === '' ? '' : preparedOr(resource, prepareResource, prepareResourceLegacy)
    const oldDomain = prepareDomain(domain)
    // Never interned: what `parse` accepts must not depend on what was loaded before.
    const jid = Jid.#detachedOf(oldLocal, oldDomain, printable(oldLocal, oldDomain, oldResource))
    onLegacy?.(jid)
    return jid
  }

  static #prepare(text: string): Jid {
    const slash = text.indexOf('/')
    const head = slash < 0 ? text : text.slice(0, slash)
    const at = head.indexOf('@')
    const [rawLocal, rawDomain] = at < 0 ? ['', head] : [head.slice(0, at), head.slice(at + 1)]
    const rawResource = slash < 0 ? '' : text.slice(slash + 1)
    const local = at < 0 ? '' : prepareLocal(rawLocal)
    const domain = prepareDomain(rawDomain)
    const resource = slash < 0 ? '' : prepareResource(rawResource)
    if (local === rawLocal && domain === rawDomain && resource === rawResource) {
      return Jid.#keep(new Jid(local, domain, resource, text))
    }
    const jid = Jid.#shared(local, domain, resource)
    if (text.length <= MAX_INTERNED_UNITS) interned.set(text, jid)
    return jid
  }

  /** The one object of some prepared parts, new if the table has none. */
  static #shared(local: string, domain: string, resource: string): Jid {
    const full = printable(local, domain, resource)
    return internedAs(full) ?? Jid.#keep(Jid.#detachedOf(local, domain, full))
  }

  /** An address whose parts are cut from a copy of its printable form, and so hold nothing else in memory. */
  static #detachedOf(local: string, domain: string, text: string): Jid {
    const full = detached(text)
    const from = local === '' ? 0 : local.length + 1
    const to = from + domain.length
    return new Jid(full.slice(0, local.length), full.slice(from, to), full.slice(to + 1), full)
  }

  static #keep(jid: Jid): Jid {
    if (jid.full.length <= MAX_INTERNED_UNITS) interned.set(jid.full, jid)
    return jid
  }

  /** The address without its resource; itself when it has none. */
  get bare(): Jid {
    if (this.resource === '') return this
    this.#bare ??= this.#makeBare()
    return this.#bare
  }

  #makeBare(): Jid {
    const full = this.full.slice(0, -this.resource.length - 1)
    return internedAs(full) ?? new Jid(this.local, this.domain, '', full)
  }

  /** The printable form without the resource. */
  get bareString(): string {
    return this.bare.full
  }

  /** Has it no resource? (A domain alone is bare too.) */
  get isBare(): boolean {
    return this.resource === ''
  }

  /** Has it a resource? */
  get isFull(): boolean {
    return this.resource !== ''
  }

  /** The printable form as wire text, escaped for an attribute value in either kind of quotes. */
  get wire(): Wire {
    this.#wire ??= toWire(escapeXml(this.full))
    return this.#wire
  }

  /** The same account or service with this resource, which is prepared; '' gives the bare address. Throws JidError. */
  withResource(resource: string): Jid {
    if (resource === '') return this.bare
    const full = `${this.bareString}/${prepareResource(resource)}`
    return internedAs(full) ?? Jid.#detachedOf(this.local, this.domain, full)
  }

  toString(): string {
    return this.full
  }

  toJSON(): string {
    return this.full
  }
}

const interned = new InternTable<Jid>(INTERNED_GENERATION)

/** The interned address with this canonical form. A text that is only a spelling of another address does not count. */
function internedAs(full: string): Jid | undefined {
  const known = interned.get(full)
  return known?.full === full ? known : undefined
}

function preparedOr(text: string, prepare: (text: string) => string, fallback: (text: string) => string): string {
  try {
    return prepare(text)
  } catch (error) {
    if (!(error instanceof JidError)) throw error
    return fallback(text)
  }
}
