import { NS } from '../../stanza/namespaces.ts'
import { type Element, el } from '../../xml/element.ts'

/** A contact field as configured. */
export interface ServerInfoField {
  readonly name: string
  readonly urls: readonly string[]
  readonly modules: 'all' | readonly string[]
}

/** The contact addresses that a module shows in its answer (XEP-0157). */
export function serverInfoForm(fields: readonly ServerInfoField[], module: string): Element {
  const shown = fields.filter((field) => field.modules === 'all' || field.modules.includes(module))
  return el(
    'x',
    NS.forms,
    { type: 'result' },
    el(
      'field',
      NS.forms,
      { var: 'FORM_TYPE', type: 'hidden' },
      el('value', NS.forms, 'http://jabber.org/network/serverinfo'),
    ),
    shown.map(({ name, urls }) =>
      el(
        'field',
        NS.forms,
        { var: name, type: 'list-multi' },
        urls.map((url) => el('value', NS.forms, url)),
      ),
    ),
  )
}
