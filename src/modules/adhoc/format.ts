import { type FormContent, formElement } from '../../stanza/data-form.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { type Element, el } from '../../xml/element.ts'
import type { AdhocQuestion, AdhocResult } from './api.ts'

/** The namespace of XEP-0050, which is also the node of the list of commands. */
export const commandsNs = 'http://jabber.org/protocol/commands'

const actionNames = ['execute', 'prev', 'next', 'complete', 'cancel'] as const
export type Action = (typeof actionNames)[number]

/** What is wrong with a request (XEP-0050 §4.4). */
export type Fault = 'malformed-action' | 'bad-action' | 'bad-payload' | 'bad-sessionid' | 'session-expired'

/** The error for a request that is wrong. */
export function faultError(fault: Fault, text?: string): StanzaError {
  const condition = fault === 'session-expired' ? 'not-allowed' : 'bad-request'
  const app = el(fault, commandsNs)
  return new StanzaError(condition, text === undefined ? { app } : { app, text })
}

/** What a request asks to do; nothing said is `execute`. Throws StanzaError for a word that is none of those defined. */
export function actionOf(command: Element): Action {
  const word = command.attr('action') ?? ''
  if (word === '') return 'execute'
  const action = actionNames.find((name) => name === word)
  if (action === undefined) throw faultError('malformed-action')
  return action
}

interface Head {
  readonly node: string
  readonly sessionid: string
}

/** The answer of a command that is through. */
export function completedElement(head: Head, { form, note }: AdhocResult): Element {
  const shown = form === undefined ? undefined : formElement({ type: 'result', ...form })
  const remark = note === undefined ? undefined : el('note', commandsNs, { type: note.type }, note.text)
  return el('command', commandsNs, { ...head, status: 'completed' }, shown, remark)
}

/** The answer of a command that was given up. */
export function canceledElement(head: Head): Element {
  return el('command', commandsNs, { ...head, status: 'canceled' })
}

/** What can be done with a question besides giving up; the first is what `execute` means there. */
export function actionsFor(question: AdhocQuestion, isFirst: boolean): readonly Action[] {
  const forward: Action = question.isFollowed === true ? 'next' : 'complete'
  return isFirst ? [forward] : [forward, 'prev']
}

/** A question, with what can be done. */
export function executingElement(head: Head, question: AdhocQuestion, isFirst: boolean): Element {
  const actions = actionsFor(question, isFirst)
  const form: FormContent = { type: 'form', ...question.form }
  return el(
    'command',
    commandsNs,
    { ...head, status: 'executing' },
    el(
      'actions',
      commandsNs,
      { execute: actions[0] },
      actions.map((action) => el(action, commandsNs)),
    ),
    formElement(form),
  )
}
