import { collect } from '../../hooks/hook.ts'
import type { Jid } from '../../jid/jid.ts'
import type { Host } from '../../router/host.ts'
import type { DataForm, FormContent } from '../../stanza/data-form.ts'
import type { Eventually } from '../../util/settled.ts'

/** One call of a command by somebody. */
export interface AdhocCall {
  /** Who asks, with the resource. */
  readonly from: Jid
  /** The domain or the bare address of the account that is asked. */
  readonly to: Jid
}

/** A line for people beside or instead of a result (XEP-0050 §2.4). */
export interface AdhocNote {
  readonly type: 'info' | 'warn' | 'error'
  readonly text: string
}

/** A command is through. One that failed has a note of type `error` (XEP-0050 §3.6). */
export interface AdhocResult {
  readonly form?: Omit<FormContent, 'type'>
  readonly note?: AdhocNote
}

/** A form to fill in. What comes back is checked against its fields before `next` sees it. */
export interface AdhocQuestion {
  readonly form: Omit<FormContent, 'type'>
  /** Whether other forms follow; by default the command is complete with this one. */
  readonly isFollowed?: boolean
  /** Takes what was filled in. It may be called again for another answer when somebody has gone back (`prev`) or it threw. */
  next(form: DataForm): Eventually<AdhocStep>
}

export type AdhocStep = AdhocResult | AdhocQuestion

/** A command that people can run from their client (XEP-0050). */
export interface AdhocCommand {
  readonly node: string
  /** Shown in lists. */
  readonly name: string
  /** It answers at once and takes no other action than `execute`. */
  readonly isSimple?: boolean
  /** Who sees it and may run it; everybody unless given. */
  isFor?(call: AdhocCall): boolean
  /** Begins. Throws StanzaError where it cannot. */
  run(call: AdhocCall): Eventually<AdhocStep>
}

/** Whose commands are asked for: those of a domain, or those of an account of it. */
export interface AdhocScope {
  readonly host: Host
  readonly at: 'server' | 'account'
}

/** The commands that modules have, each as long as its module runs. To be answered at once. */
export const adhocCommands = collect<AdhocScope, readonly AdhocCommand[]>('adhocCommands', { slots: ['main'] })
