import type { Jid } from '../../jid/jid.ts'
import { type DataForm, type FormField, formElement, readSubmittedForm } from '../../stanza/data-form.ts'
import { parseMicros } from '../../stanza/delay.ts'
import { NS } from '../../stanza/namespaces.ts'
import { type RsmRequest, readRsmSet } from '../../stanza/rsm.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { type Element, el } from '../../xml/element.ts'
import { noLaterId, parseMessageId } from './message-id.ts'
import { fullTextNs, mamNs } from './names.ts'
import { askedWords } from './search-text.ts'

/** A question to an archive, as it was asked (XEP-0313 §4). */
export interface ArchiveRequest {
  readonly queryId: string | undefined
  readonly with: Jid | undefined
  /** Words that all have to be there; undefined where none are asked for. */
  readonly words: readonly string[] | undefined
  readonly withoutGroupchat: boolean
  /** Ids from this one to this one. */
  readonly from: number
  readonly to: number
  readonly ids: readonly number[] | undefined
  /** Ids that were named as bounds. */
  readonly mustExist: readonly number[]
  readonly max: number
  readonly after: number | undefined
  readonly before: number | 'end' | undefined
  readonly index: number | undefined
  readonly isSimple: boolean
  readonly isFlipped: boolean
}

/** What a deployment says of questions. */
export interface RequestRules {
  readonly hasFullText: boolean
  readonly defaultLimit: number
  readonly maxLimit: number
  readonly onlySimple: boolean
}

const fullTextFields = [`{${fullTextNs}}fulltext`, 'full-text-search', 'fulltext'] as const
const knownFields = new Set<string>([
  ...['FORM_TYPE', 'with', 'start', 'end', 'before-id', 'after-id', 'from-id', 'to-id'],
  ...['ids', 'include-groupchat', 'simple'],
])

const emptyForm = { values: () => [], value: () => undefined, jid: () => undefined, fields: [] }
type Fields = Pick<DataForm, 'values' | 'value' | 'jid'> & { readonly fields: readonly FormField[] }

/**
 * Reads `<query/>`. Throws `bad-request` for what is no form, `not-acceptable` for ids and addresses that are none, and
 * `feature-not-implemented` for a field that nobody knows (XEP-0313 §4.1.6).
 */
export function readRequest(query: Element, rules: RequestRules): ArchiveRequest {
  const x = query.child('x', NS.forms)
  const form: Fields = x === undefined ? emptyForm : readSubmittedForm(x, query.ns)
  const text = fullTextOf(form, rules)
  const bounds = boundsOf(form)
  const ids = form.values('ids').map(parseMessageId)
  const page = pageOf(query, rules)
  if (ids.length > rules.maxLimit) throw new StanzaError('not-acceptable', { text: 'Too many ids' })
  return {
    queryId: query.attr('queryid'),
    with: form.jid('with'),
    words: text === undefined ? undefined : askedWords(text),
    withoutGroupchat: form.value('include-groupchat') === 'false',
    ...bounds,
    ids: ids.length === 0 ? undefined : ids,
    ...page,
    isSimple: rules.onlySimple || form.value('simple') === 'true',
    isFlipped: query.child('flip-page') !== undefined,
  }
}

function fullTextOf(form: Fields, { hasFullText }: RequestRules): string | undefined {
  const isKnown = (name: string) => knownFields.has(name) || (hasFullText && fullTextFields.some((own) => own === name))
  const unknown = form.fields.find((field) => field.var !== undefined && !isKnown(field.var))
  if (unknown !== undefined) {
    throw new StanzaError('feature-not-implemented', { text: `No such field: ${unknown.var}` })
  }
  for (const name of fullTextFields) {
    const text = form.value(name)
    if (text !== undefined && text !== '') return text
  }
  return undefined
}

/** Times and ids are one line, so all bounds become two. */
function boundsOf(form: Fields): Pick<ArchiveRequest, 'from' | 'to' | 'mustExist'> {
  const idOf = (name: string) => {
    const text = form.value(name)
    return text === undefined || text === '' ? undefined : parseMessageId(text)
  }
  const [afterId, beforeId, fromId, toId] = [idOf('after-id'), idOf('before-id'), idOf('from-id'), idOf('to-id')]
  const [start, end] = [momentOf(form.value('start')), momentOf(form.value('end'))]
  const lower = [start, fromId, afterId === undefined ? undefined : afterId + 1]
  const upper = [end, toId, beforeId === undefined ? undefined : beforeId - 1]
  return {
    from: Math.max(0, ...lower.filter((bound) => bound !== undefined)),
    to: Math.min(noLaterId - 1, ...upper.filter((bound) => bound !== undefined)),
    mustExist: [afterId, beforeId].filter((id) => id !== undefined),
  }
}

/** Microseconds of a time; what is no time is passed over. */
function momentOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseMicros(text)
}

function pageOf(query: Element, rules: RequestRules): Pick<ArchiveRequest, 'max' | 'after' | 'before' | 'index'> {
  // Some clients forget the namespace.
  const set = query.child('set', NS.rsm) ?? query.elements().find(({ name }) => name === 'set')
  const asked: RsmRequest = set === undefined ? {} : readRsmSet(set)
  const limit = asked.max ?? (set === undefined ? undefined : readRsmSet(set, 'limit').max)
  return {
    max: Math.min(limit ?? rules.defaultLimit, rules.maxLimit),
    after: asked.after === undefined ? undefined : parseMessageId(asked.after),
    before: asked.before === undefined ? undefined : asked.before === '' ? 'end' : parseMessageId(asked.before),
    index: asked.index,
  }
}

/** `<query/>` with the form of what can be asked (XEP-0313 §4.1.6). */
export function requestForm(ns: string, { hasFullText }: RequestRules): Element {
  const fields: FormField[] = [
    { var: 'with', type: 'jid-single' },
    { var: 'start', type: 'text-single' },
    { var: 'end', type: 'text-single' },
  ]
  if (hasFullText) for (const name of fullTextFields) fields.push({ var: name, type: 'text-single' })
  if (ns !== mamNs) return el('query', ns, formElement({ type: 'form', formType: ns, fields }))
  fields.push(
    { var: 'before-id', type: 'text-single' },
    { var: 'after-id', type: 'text-single' },
    { var: 'include-groupchat', type: 'boolean' },
  )
  const form = formElement({ type: 'form', formType: ns, fields })
  return el('query', ns, form.withChildren([...form.children, idsField()]))
}

/** A list that is open: the ids of an archive are too many to be shown (XEP-0122). */
function idsField(): Element {
  const validationNs = 'http://jabber.org/protocol/xdata-validate'
  const validate = el('validate', validationNs, { datatype: 'xs:string' }, el('open', validationNs))
  return el('field', NS.forms, { var: 'ids', type: 'list-multi' }, validate)
}
