import { Jid } from '../../jid/jid.ts'

/** The types of arguments in JSON, and how OpenAPI calls them. */
export type JsonType = 'string' | 'integer' | 'boolean' | 'array' | 'object'

/** One argument of an operation, wherever in a request it stands. */
export interface Argument<T = unknown> {
  readonly type: JsonType
  /** What it is, as errors call it: `owner JID`. */
  readonly about: string
  readonly isOptional: boolean
  /** The value of JSON, or the one written in a path or query; undefined where it is none. */
  read(given: unknown): T | undefined
}

/** The values of arguments by name. */
export type Values<A extends Readonly<Record<string, Argument>>> = {
  readonly [K in keyof A]: A[K] extends Argument<infer T> ? T : never
}

function argument<T>(type: JsonType, about: string, read: (given: unknown) => T | undefined): Argument<T> {
  return { type, about, isOptional: false, read }
}

/** The same, which may be left out. */
export function optional<T>(required: Argument<T>): Argument<T | undefined> {
  return { ...required, isOptional: true }
}

/** A text, which may be empty. */
export function text(about: string): Argument<string> {
  return argument('string', about, (given) => (typeof given === 'string' ? given : undefined))
}

/** A text with something in it. */
export function word(about: string): Argument<string> {
  return argument('string', about, (given) => (typeof given === 'string' && given !== '' ? given : undefined))
}

/** One of some words. */
export function oneOfWords<const T extends string>(about: string, ...words: readonly T[]): Argument<T> {
  return argument('string', about, (given) => words.find((each) => each === given))
}

function jid(about: string, fits: (jid: Jid) => boolean): Argument<string> {
  return argument('string', about, (given) => {
    const found = typeof given === 'string' ? Jid.tryParse(given) : undefined
    return found !== undefined && fits(found) ? found.full : undefined
  })
}

/** The local part of an address, as it was given. */
export function localPart(about: string): Argument<string> {
  return argument('string', about, (given) => {
    if (typeof given !== 'string') return undefined
    const whole = Jid.tryParse(`${given}@localhost`)
    return whole !== undefined && whole.local !== '' && whole.domain === 'localhost' && whole.isBare ? given : undefined
  })
}

/** Any address. */
export function anyJid(about: string): Argument<string> {
  return jid(about, () => true)
}

/** The address of an account, with a resource or without. */
export function userJid(about: string): Argument<string> {
  return jid(about, ({ local }) => local !== '')
}

/** A domain, prepared. */
export function domainName(about = 'domain'): Argument<string> {
  return jid(about, ({ local, resource }) => local === '' && resource === '')
}

/** An integer from `least` on, in a path or query in decimal digits. */
export function integer(about: string, least: number, most = Number.MAX_SAFE_INTEGER): Argument<number> {
  return argument('integer', about, (given) => {
    const value = typeof given === 'string' && /^\d{1,16}$/.test(given) ? Number(given) : given
    const isMeant = typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most
    return isMeant ? value : undefined
  })
}

/** True or false. */
export function flag(about: string): Argument<boolean> {
  return argument('boolean', about, (given) => {
    if (given === 'true' || given === 'false') return given === 'true'
    return typeof given === 'boolean' ? given : undefined
  })
}

/** Several addresses. */
export function jidList(about: string): Argument<readonly string[]> {
  return argument('array', about, (given) => {
    const isList = Array.isArray(given) && given.every((each) => typeof each === 'string' && Jid.tryParse(each))
    return isList ? (given as readonly string[]) : undefined
  })
}
