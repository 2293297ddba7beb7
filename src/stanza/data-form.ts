import { Jid } from '../jid/jid.ts'
import { type Element, el } from '../xml/element.ts'
import { NS } from './namespaces.ts'
import { StanzaError } from './stanza-error.ts'

export type FormType = 'form' | 'submit' | 'cancel' | 'result'

const fieldTypes = [
  'boolean',
  'fixed',
  'hidden',
  'jid-multi',
  'jid-single',
  'list-multi',
  'list-single',
  'text-multi',
  'text-private',
  'text-single',
] as const
export type FieldType = (typeof fieldTypes)[number]

/** A choice of a list field. */
export interface FieldOption {
  readonly value: string
  readonly label?: string | undefined
}

/** A field of a form that is asked, filled in or reported (XEP-0004 §3.2). */
export interface FormField {
  /** Absent only for `fixed` text. */
  readonly var?: string | undefined
  readonly type?: FieldType | undefined
  readonly label?: string | undefined
  readonly desc?: string | undefined
  readonly isRequired?: boolean | undefined
  readonly values?: readonly string[] | undefined
  readonly options?: readonly FieldOption[] | undefined
  /** `<validate/>`: what values may be (XEP-0122). */
  readonly validation?: Element | undefined
}

/** What a form is made of. */
export interface FormContent {
  readonly type: FormType
  readonly title?: string | undefined
  readonly instructions?: readonly string[] | undefined
  /** `FORM_TYPE` (XEP-0068), written as a hidden first field. */
  readonly formType?: string | undefined
  readonly fields?: readonly FormField[] | undefined
  /** Columns of a table of results (XEP-0004 §3.4). */
  readonly reported?: readonly FormField[] | undefined
  /** Rows of it. */
  readonly items?: readonly (readonly FormField[])[] | undefined
}

/** Writes `<x xmlns='jabber:x:data'/>`. */
export function formElement(content: FormContent): Element {
  const { type, title, instructions = [], formType, fields = [], reported, items = [] } = content
  const typed = formType === undefined ? [] : [{ var: 'FORM_TYPE', type: 'hidden', values: [formType] } as const]
  return el(
    'x',
    NS.forms,
    { type },
    title === undefined ? undefined : el('title', NS.forms, title),
    instructions.map((text) => el('instructions', NS.forms, text)),
    [...typed, ...fields].map(fieldElement),
    reported === undefined ? undefined : el('reported', NS.forms, reported.map(fieldElement)),
    items.map((item) => el('item', NS.forms, item.map(fieldElement))),
  )
}

function fieldElement(field: FormField): Element {
  const { type, label, desc, isRequired, values = [], options = [], validation } = field
  return el(
    'field',
    NS.forms,
    { var: field.var, type, label },
    desc === undefined ? undefined : el('desc', NS.forms, desc),
    isRequired === true ? el('required', NS.forms) : undefined,
    validation,
    values.map((value) => el('value', NS.forms, value)),
    options.map((option) => el('option', NS.forms, { label: option.label }, el('value', NS.forms, option.value))),
  )
}

/** A form that was received. Of fields with the same name the first counts. */
export class DataForm {
  readonly type: FormType
  readonly fields: readonly FormField[]

  constructor(type: FormType, fields: readonly FormField[]) {
    this.type = type
    this.fields = fields
  }

  field(name: string): FormField | undefined {
    return this.fields.find((field) => field.var === name)
  }

  /** All values of a field; none when there is no such field. */
  values(name: string): readonly string[] {
    return this.field(name)?.values ?? []
  }

  /** The first value of a field. */
  value(name: string): string | undefined {
    return this.values(name)[0]
  }

  /** The value of a boolean field: undefined when it has none. Throws `not-acceptable` for what is no boolean. */
  boolean(name: string): boolean | undefined {
    const text = this.value(name)
    const value = text === undefined ? undefined : parseBoolean(text)
    if (text !== undefined && value === undefined) throw refusal([{ var: name, fault: 'malformed' }])
    return value
  }

  /** The address in a field: undefined when it has none. Throws `not-acceptable` for what is no address. */
  jid(name: string): Jid | undefined {
    const text = this.value(name)
    const jid = text === undefined ? undefined : Jid.tryParse(text)
    if (text !== undefined && jid === undefined) throw refusal([{ var: name, fault: 'malformed' }])
    return jid
  }

  /** What the form says it is (XEP-0068). */
  get formType(): string | undefined {
    return this.value('FORM_TYPE')
  }
}

/** Reads `<x xmlns='jabber:x:data'/>`. Throws `bad-request` for what is not a form. */
export function readForm(x: Element | undefined): DataForm {
  const type = x?.attr('type')
  if (x?.is('x', NS.forms) !== true || !isFormType(type))
    throw new StanzaError('bad-request', { text: 'Not a data form' })
  return new DataForm(type, x.childrenNamed('field').map(readField))
}

/** Reads a form that was filled in, and of the kind asked for where it says so. Throws `bad-request` for anything else. */
export function readSubmittedForm(x: Element | undefined, formType?: string): DataForm {
  const form = readForm(x)
  const isOther = formType !== undefined && form.formType !== undefined && form.formType !== formType
  if (form.type !== 'submit' || isOther)
    throw new StanzaError('bad-request', { text: 'Not the form that was asked for' })
  return form
}

function isFormType(text: string | undefined): text is FormType {
  return text === 'form' || text === 'submit' || text === 'cancel' || text === 'result'
}

function readField(field: Element): FormField {
  const type = fieldTypes.find((name) => name === field.attr('type'))
  return {
    var: field.attr('var'),
    type,
    label: field.attr('label'),
    desc: field.childText('desc'),
    isRequired: field.child('required') !== undefined,
    values: field.childrenNamed('value').map((value) => value.text()),
    options: field.childrenNamed('option').map((option) => ({
      value: option.childText('value') ?? '',
      label: option.attr('label'),
    })),
  }
}

/** Why a filled in field cannot be taken. */
export interface FieldFault {
  readonly var: string
  readonly fault: 'missing' | 'malformed' | 'not an option' | 'more than one value'
}

/** What is wrong with a form that was filled in, by the fields that were asked for; others are passed over (XEP-0004 §3.2). */
export function faultsOf(submitted: DataForm, asked: readonly FormField[]): FieldFault[] {
  return asked.flatMap((field): FieldFault[] => {
    if (field.var === undefined || field.type === 'fixed') return []
    const fault = faultOf(field, submitted.values(field.var))
    return fault === undefined ? [] : [{ var: field.var, fault }]
  })
}

/** Throws `not-acceptable` with a text that names the fields that cannot be taken. */
export function checkForm(submitted: DataForm, asked: readonly FormField[]): void {
  const faults = faultsOf(submitted, asked)
  if (faults.length > 0) throw refusal(faults)
}

function refusal(faults: readonly FieldFault[]): StanzaError {
  return new StanzaError('not-acceptable', { text: faults.map((entry) => `${entry.var}: ${entry.fault}`).join(', ') })
}

function faultOf(field: FormField, values: readonly string[]): FieldFault['fault'] | undefined {
  const isMissing = values.length === 0 || values.every((value) => value === '')
  if (isMissing) return field.isRequired === true ? 'missing' : undefined
  if (values.length > 1 && !field.type?.endsWith('-multi')) return 'more than one value'
  return values.every((value) => fits(field.type, value)) ? optionFault(field, values) : 'malformed'
}

function fits(type: FieldType | undefined, value: string): boolean {
  if (type === 'boolean') return parseBoolean(value) !== undefined
  return type === 'jid-single' || type === 'jid-multi' ? Jid.tryParse(value) !== undefined : true
}

function optionFault({ type, options }: FormField, values: readonly string[]): FieldFault['fault'] | undefined {
  if (options === undefined || (type !== 'list-single' && type !== 'list-multi')) return undefined
  const isKnown = values.every((value) => options.some((option) => option.value === value))
  return isKnown ? undefined : 'not an option'
}

/** `true`, `false`, `1` or `0` (XEP-0004 §3.3), else undefined. */
function parseBoolean(text: string): boolean | undefined {
  if (text === '1' || text === 'true') return true
  return text === '0' || text === 'false' ? false : undefined
}
