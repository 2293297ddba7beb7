import type { IqRequest } from '../../router/iq-registry.ts'
import { type DataForm, faultsOf, readForm } from '../../stanza/data-form.ts'
import { NS } from '../../stanza/namespaces.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import type { Clock } from '../../util/clock.ts'
import type { Element } from '../../xml/element.ts'
import type { AdhocCall, AdhocCommand, AdhocQuestion, AdhocStep } from './api.ts'
import { actionOf, actionsFor, canceledElement, completedElement, executingElement, faultError } from './format.ts'
import { type Run, RunTable } from './run-table.ts'

/** Runs commands step by step (XEP-0050 §2.4). */
export class AdhocDesk {
  readonly #runs: RunTable
  readonly #find: (at: 'server' | 'account', node: string) => AdhocCommand | undefined

  constructor(clock: Clock, find: (at: 'server' | 'account', node: string) => AdhocCommand | undefined) {
    this.#runs = new RunTable(clock)
    this.#find = find
  }

  /** The commands under way. */
  get runs(): RunTable {
    return this.#runs
  }

  /** Answers a `<command/>`. Throws StanzaError. */
  async answer(at: 'server' | 'account', request: IqRequest): Promise<Element> {
    const { payload, from, to } = request
    const node = payload.attr('node') ?? ''
    const command = this.#find(at, node)
    if (command === undefined) throw new StanzaError(isStranger(at, request) ? 'service-unavailable' : 'item-not-found')
    if (command.isFor?.({ from, to }) === false) throw new StanzaError('forbidden')
    const id = payload.attr('sessionid') ?? ''
    const action = actionOf(payload)
    if (id === '' || command.isSimple === true) {
      if (action !== 'execute') throw faultError('bad-action')
      return this.#begin(command, { from, to }, id === '' ? this.#runs.newId() : id)
    }
    return this.#goOn(request, this.#runs.take(id, { node, owner: from, to: to.full }))
  }

  async #begin(command: AdhocCommand, call: AdhocCall, sessionid: string): Promise<Element> {
    const run: Run = { id: sessionid, node: command.node, owner: call.from, to: call.to.full, questions: [] }
    return this.#take(run, await command.run(call))
  }

  /** A request for a command under way, which is out of the table until it is answered. */
  async #goOn({ payload }: IqRequest, run: Run): Promise<Element> {
    const head = { node: run.node, sessionid: run.id }
    const asked = actionOf(payload)
    if (asked === 'cancel') return canceledElement(head)
    try {
      const question = run.questions.at(-1) as AdhocQuestion
      const isFirst = run.questions.length === 1
      const actions = actionsFor(question, isFirst)
      const action = asked === 'execute' ? actions[0] : asked
      if (action === undefined || !actions.includes(action)) throw faultError('bad-action')
      if (action === 'prev') return this.#goBack(run)
      return this.#take(run, await question.next(filledIn(payload, question)))
    } catch (error) {
      // Whoever has made a mistake can mend it.
      if (error instanceof StanzaError) this.#runs.keep(run)
      throw error
    }
  }

  #goBack(run: Run): Element {
    const questions = run.questions.slice(0, -1)
    this.#runs.keep({ ...run, questions })
    const head = { node: run.node, sessionid: run.id }
    return executingElement(head, questions.at(-1) as AdhocQuestion, questions.length === 1)
  }

  #take(run: Run, step: AdhocStep): Element {
    const head = { node: run.node, sessionid: run.id }
    if (!('next' in step)) return completedElement(head, step)
    const questions = [...run.questions, step]
    this.#runs.keep({ ...run, questions })
    return executingElement(head, step, questions.length === 1)
  }
}

/** Somebody who asks another's account: not to be told what is there. */
function isStranger(at: 'server' | 'account', { from, to }: IqRequest): boolean {
  return at === 'account' && from.bareString !== to.bareString
}

/** What was filled in; a form of type `cancel` counts as filled in (XEP-0050 §3.5.1). Throws StanzaError. */
function filledIn(command: Element, question: AdhocQuestion): DataForm {
  const x = command.child('x', NS.forms)
  if (x === undefined) throw faultError('bad-payload', 'A form is missing')
  const form = readForm(x)
  if (form.type !== 'submit' && form.type !== 'cancel') throw faultError('bad-payload', 'The form is not filled in')
  const faults = faultsOf(form, question.form.fields ?? [])
  if (faults.length === 0) return form
  throw faultError('bad-payload', faults.map((entry) => `${entry.var}: ${entry.fault}`).join(', '))
}
