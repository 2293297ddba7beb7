import { type FormField, formElement } from '../../stanza/data-form.ts'
import { type Element, el } from '../../xml/element.ts'
import { allBoxes, conversationNs, inboxNs } from './names.ts'

/** The form of a question for conversations. */
export function inboxForm(boxes: readonly string[]): Element {
  return form(inboxNs, [
    { var: 'start', type: 'text-single' },
    { var: 'end', type: 'text-single' },
    { var: 'hidden_read', type: 'text-single', values: ['false'] },
    {
      var: 'order',
      type: 'list-single',
      values: ['desc'],
      options: [
        { label: 'Ascending by timestamp', value: 'asc' },
        { label: 'Descending by timestamp', value: 'desc' },
      ],
    },
    boxField(boxes),
    { var: 'archive', type: 'boolean', values: ['false'] },
  ])
}

/** The form of what can be changed in a conversation. */
export function conversationForm(boxes: readonly string[]): Element {
  return form(conversationNs, [
    boxField(boxes),
    { var: 'archive', type: 'boolean', values: ['false'] },
    { var: 'read', type: 'boolean', values: ['false'] },
    { var: 'mute', type: 'text-single', values: ['0'] },
  ])
}

function form(ns: string, fields: readonly FormField[]): Element {
  return el('query', ns, formElement({ type: 'form', formType: ns, fields }))
}

function boxField(boxes: readonly string[]): FormField {
  const options = [allBoxes, ...boxes].map((value) => ({ value }))
  return { var: 'box', type: 'list-single', values: [allBoxes], options }
}
