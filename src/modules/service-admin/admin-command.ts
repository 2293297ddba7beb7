import type { Jid } from '../../jid/jid.ts'
import { DataForm, type FormContent } from '../../stanza/data-form.ts'
import type { Eventually } from '../../util/settled.ts'
import type { Element } from '../../xml/element.ts'
import type { AdhocCall, AdhocCommand, AdhocResult, AdhocStep } from '../adhoc/api.ts'
import { adminNs } from './form.ts'
import type { Operations } from './operations.ts'

/** What a command of XEP-0133 works with. */
export interface AdminCall {
  readonly operations: Operations
  /** Keeps the vCard of a user, where the server has vCards. */
  saveCard(user: Jid, card: Element): Promise<void>
  /** The domain that is administrated. */
  readonly domain: string
}

/** A command of XEP-0133: at once, or with one form. */
export interface AdminCommand {
  /** The last part of the node. */
  readonly name: string
  readonly title: string
  /** Concerns the server as a whole, all its domains. */
  readonly isGlobal?: boolean
  /** Admin commands without which it cannot be. */
  readonly operations: readonly string[]
  /** The form to fill in; a command without one runs at once. */
  ask?(call: AdminCall): Eventually<Omit<FormContent, 'type'>>
  run(call: AdminCall, form: DataForm): Eventually<AdhocResult>
}

const nothingAsked = new DataForm('submit', [])

/** The same as a command that clients can run. */
export function adhocFrom(
  command: AdminCommand,
  means: Omit<AdminCall, 'domain'>,
  isFor: (call: AdhocCall, isGlobal: boolean) => boolean,
): AdhocCommand {
  return {
    node: `${adminNs}#${command.name}`,
    name: command.title,
    isFor: (call) => isFor(call, command.isGlobal === true),
    async run({ to }): Promise<AdhocStep> {
      means.operations.mustHave(...command.operations)
      const call = { ...means, domain: to.domain }
      if (command.ask === undefined) return command.run(call, nothingAsked)
      return { form: await command.ask(call), next: (form) => command.run(call, form) }
    },
  }
}
