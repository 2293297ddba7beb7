import { Credentials } from '../../auth/credentials.ts'
import { StoredPasswords, type StoredPasswordsOptions } from '../../auth/stored-passwords.ts'
import { Jid } from '../../jid/jid.ts'
import type { DomainStore } from './domain-store.ts'

/** The administrators of single domains: one each, who signs in as `admin@DOMAIN` and has no account. */
export class DomainAdmins {
  readonly #store: DomainStore
  readonly #passwords: StoredPasswords

  constructor(store: DomainStore, options: Omit<StoredPasswordsOptions, 'format'>) {
    this.#store = store
    this.#passwords = new StoredPasswords({ ...options, format: 'scram' })
  }

  /** Throws UnusablePassword. */
  async setPassword(domain: string, password: string): Promise<void> {
    await this.#store.setAdmin(domain, (await this.#passwords.make(password)).pass_details)
  }

  /** False when there was none. */
  removePassword(domain: string): Promise<boolean> {
    return this.#store.removeAdmin(domain)
  }

  /** Whether this is the password of the administrator; it takes as long where there is none. */
  async checkPassword(domain: string, password: string): Promise<boolean> {
    const stored = await this.#store.adminOf(domain)
    const credentials = stored === undefined ? undefined : new Credentials({ password: '', pass_details: stored })
    return this.#passwords.check(Jid.of('admin', domain), credentials, password)
  }
}
