import { Jid } from '../../jid/jid.ts'
import type { DataForm, FormContent, FormField } from '../../stanza/data-form.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import type { AdhocResult } from '../adhoc/api.ts'

/** What the forms of XEP-0133 say they are, and the beginning of its nodes. */
export const adminNs = 'http://jabber.org/protocol/admin'

/** A form to fill in. */
export function question(title: string, ...fields: readonly FormField[]): Omit<FormContent, 'type'> {
  return { title, instructions: ['Fill out this form.'], formType: adminNs, fields }
}

/** A result that is fields. */
export function answer(title: string, ...fields: readonly FormField[]): AdhocResult {
  return { form: { title, formType: adminNs, fields } }
}

/** A result that is a line of text. */
export function done(text: string): AdhocResult {
  return { note: { type: 'info', text } }
}

/** The field for one account. */
export function accountField(label: string): FormField {
  return { var: 'accountjid', type: 'jid-single', label, isRequired: true }
}

/** The field for some accounts. */
export function accountsField(label: string): FormField {
  return { var: 'accountjids', type: 'jid-multi', label, isRequired: true }
}

/** A field for a text of several lines. */
export function textField(name: string, label: string, text = ''): FormField {
  return { var: name, type: 'text-multi', label, isRequired: true, values: text === '' ? [] : text.split('\n') }
}

/** The text of such a field. */
export function textOf(form: DataForm, name: string): string {
  return form.values(name).join('\n')
}

/** The address of the one account that a form names. */
export function accountOf(form: DataForm, domain: string): Jid {
  return checked(form.value('accountjid') ?? '', domain)
}

/** The addresses of the accounts that a form names, each once. */
export function accountsOf(form: DataForm, domain: string): readonly Jid[] {
  const all = form.values('accountjids').map((text) => checked(text, domain))
  return [...new Map(all.map((jid) => [jid.full, jid])).values()]
}

/** Who administrates a domain has no say over the accounts of another. */
function checked(text: string, domain: string): Jid {
  const jid = Jid.tryParse(text)
  if (jid === undefined || jid.local === '') throw new StanzaError('jid-malformed', { text })
  if (jid.domain === domain) return jid
  throw new StanzaError('not-allowed', { text: `${jid.domain} is another domain than ${domain}` })
}
