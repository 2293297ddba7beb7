import { JidError } from '../jid/jid-error.ts'
import { prepareOpaque, preparePasswordLegacy } from '../jid/prepare.ts'
import { UnusablePassword } from './method.ts'

function attempt(prepare: (password: string) => string, password: string): string | undefined {
  try {
    return prepare(password)
  } catch (error) {
    if (error instanceof JidError) return undefined
    throw error
  }
}

/** A password as it is stored (OpaqueString, RFC 8265 §4.2). Throws UnusablePassword. */
export function preparedPassword(password: string): string {
  const prepared = attempt(prepareOpaque, password)
  if (prepared === undefined) throw new UnusablePassword('no such password can be stored')
  return prepared
}

/**
 * The forms in which a password given at log-in may have been stored, likeliest first: ours, and that of servers before
 * PRECIS (resourceprep), whose keys were taken over. Nearly always one; none for what can be no password.
 */
export function passwordForms(password: string): string[] {
  const forms = [attempt(prepareOpaque, password), attempt(preparePasswordLegacy, password)]
  return [...new Set(forms.filter((form) => form !== undefined))]
}
