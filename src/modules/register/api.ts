import { chain } from '../../hooks/hook.ts'
import type { Jid } from '../../jid/jid.ts'
import type { Host } from '../../router/host.ts'

/** Somebody wants to register an account. */
export interface RegistrationAsked {
  readonly host: Host
  readonly user: Jid
  /** The connection; undefined for somebody who is signed in. */
  readonly connection: object | undefined
}

/** Permission to register whatever the access rule says and however often others have. */
export interface RegistrationPermit {
  /** Registers, and is used up when that has succeeded. Rejects with what `register` rejects with. */
  use(register: () => Promise<void>): Promise<void>
}

/** A module may give permission, or throw the StanzaError that says why not; otherwise the rules of mod_register count. */
export const registrationAsked = chain<RegistrationAsked, RegistrationPermit>('registrationAsked', {
  slots: ['main'],
  onFailure: 'abort',
})
