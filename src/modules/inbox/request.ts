import { type DataForm, readSubmittedForm } from '../../stanza/data-form.ts'
import { parseMicros } from '../../stanza/delay.ts'
import { NS } from '../../stanza/namespaces.ts'
import { type RsmRequest, readRsm } from '../../stanza/rsm.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import type { Element } from '../../xml/element.ts'
import { type Listing, type Position, parsePosition } from './listing.ts'
import { allBoxes } from './names.ts'

/** Which part of a list is asked for. */
export interface PageAsked {
  readonly max: number
  readonly after: Position | undefined
  /** `end`: the last conversations of all. */
  readonly before: Position | 'end' | undefined
}

/** A question for conversations. */
export interface InboxQuestion extends PageAsked {
  readonly filter: Omit<Listing, 'owner'>
}

type Filter = { -readonly [Key in keyof InboxQuestion['filter']]: InboxQuestion['filter'][Key] }

/** What the fields of the form do to a filter; undefined for a value that they do not take. */
const fields: Readonly<Record<string, (value: string, boxes: readonly string[]) => Partial<Filter> | undefined>> = {
  start: (value) => timed('start', value),
  end: (value) => timed('end', value),
  order: (value) => (value === 'asc' || value === 'desc' ? { order: value } : undefined),
  hidden_read: (value) => switched(value, (isOn) => ({ isUnread: isOn })),
  archive: (value) => switched(value, (isOn) => ({ box: isOn ? 'archive' : 'inbox' })),
  // Read after `archive`, so that it wins.
  box: (value, boxes) => (value === allBoxes || boxes.includes(value) ? { box: value } : undefined),
}

/** Reads a question. Throws `bad-request` with the text that says what is wrong with it. */
export function readQuestion(payload: Element, boxes: readonly string[]): InboxQuestion {
  const x = payload.child('x', NS.forms)
  const filter = x === undefined ? { order: 'desc' as const } : readFilter(submitted(x), boxes)
  const set = payload.child('set', NS.rsm)
  const page = readPage(payload)
  // An empty <after/> is the first page of all.
  return set?.childText('after') === '' ? { ...page, filter: { ...filter, end: undefined } } : { ...page, filter }
}

function submitted(x: Element): DataForm {
  try {
    return readSubmittedForm(x)
  } catch (cause) {
    throw badRequest('bad-request', cause)
  }
}

function readFilter(form: DataForm, boxes: readonly string[]): InboxQuestion['filter'] {
  const filter: Filter = { order: 'desc' }
  const asked = form.fields.filter((field) => field.var !== 'FORM_TYPE')
  const names = asked.map((field) => field.var ?? '')
  for (const name of names.sort()) {
    const values = form.values(name)
    const text = values.join(',')
    if (!Object.hasOwn(fields, name)) throw badRequest(`Unknown inbox form field=${name}, value=${text}`)
    const change = values.length === 1 ? fields[name]?.(text, boxes) : undefined
    if (change === undefined) throw badRequest(`Invalid inbox form field value, field=${name}, value=${text}`)
    Object.assign(filter, change)
  }
  return filter
}

function readPage(payload: Element): PageAsked {
  const { max = Number.POSITIVE_INFINITY, after, before, index } = numbers(payload)
  if (index !== undefined) {
    throw new StanzaError('feature-not-implemented', { text: 'There are no counts and no indices of conversations' })
  }
  return {
    max,
    after: after === undefined ? undefined : position(after),
    before: before === undefined || before === '' ? endOr(before) : position(before),
  }
}

const endOr = (before: '' | undefined) => (before === '' ? 'end' : undefined)

function numbers(payload: Element): RsmRequest {
  try {
    return readRsm(payload) ?? {}
  } catch (cause) {
    throw badRequest('bad-request', cause)
  }
}

function position(text: string): Position {
  const found = parsePosition(text)
  if (found === undefined) throw badRequest('bad-request')
  return found
}

function timed(name: 'start' | 'end', value: string): Partial<Filter> | undefined {
  const micros = parseMicros(value)
  return micros === undefined ? undefined : { [name]: micros }
}

/** Something that is on or off. */
export function switched<T>(value: string, then: (isOn: boolean) => T): T | undefined {
  if (value === 'true' || value === '1') return then(true)
  return value === 'false' || value === '0' ? then(false) : undefined
}

/** The error for a request that cannot be understood. */
export function badRequest(text: string, cause?: unknown): StanzaError {
  return new StanzaError('bad-request', { text, cause })
}
