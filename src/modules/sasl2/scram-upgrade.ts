import { randomBytes } from 'node:crypto'
import type { Accounts } from '../../auth/accounts.ts'
import type { Jid } from '../../jid/jid.ts'
import { decodeBase64 } from '../../protocol/sasl/base64.ts'
import type { Sasl2Login, SaslTask, TaskStep } from '../../protocol/sasl2/login.ts'
import { upgradeNs } from '../../protocol/sasl2/profile.ts'
import { hashBytes, keysOfSalted, type ScramHash } from '../../protocol/scram/keys.ts'
import { type Element, el } from '../../xml/element.ts'

const NS = 'urn:xmpp:scram-upgrade:0'
const saltBytes = 16

/** The upgrade tasks by name, and the hash for which each brings keys (XEP-0480 §3). */
export const upgrades: ReadonlyMap<string, ScramHash> = new Map([
  ['UPGR-SCRAM-SHA-256', 'SHA-256'],
  ['UPGR-SCRAM-SHA-512', 'SHA-512'],
])

interface Upgrade {
  readonly user: Jid
  readonly hash: ScramHash
  readonly iterations: number
  readonly accounts: Accounts
  /** Told when the keys cannot be stored; the login goes on. */
  onFailure(error: unknown): void
}

/** Lets a client hash its password once more: the server gives the salt, the client the salted password. */
class ScramUpgrade implements SaslTask {
  readonly name: string
  readonly #upgrade: Upgrade
  #salt: Buffer | undefined

  constructor(name: string, upgrade: Upgrade) {
    this.name = name
    this.#upgrade = upgrade
  }

  async take(content: readonly Element[]): Promise<TaskStep> {
    const { hash, iterations } = this.#upgrade
    const salt = this.#salt
    if (salt === undefined) {
      this.#salt = randomBytes(saltBytes)
      const data = el('salt', NS, { iterations: String(iterations) }, this.#salt.toString('base64'))
      return { is: 'data', content: [data] }
    }
    const answer = content.find((element) => element.is('hash', NS))
    const salted = decodeBase64(answer?.text().trim() ?? '')
    if (salted?.length !== hashBytes(hash)) return { is: 'refused', condition: 'malformed-request' }
    await this.#store(salt, salted)
    return { is: 'done' }
  }

  async #store(salt: Buffer, salted: Buffer): Promise<void> {
    const { accounts, user, hash, iterations, onFailure } = this.#upgrade
    await accounts.addKeys(user, { hash, salt, iterations, ...keysOfSalted(hash, salted) }).catch(onFailure)
  }
}

/** Whoever signs in by something else may not know the password, and must not be able to set one. */
function isByPassword(mechanism: string): boolean {
  return mechanism === 'PLAIN' || mechanism.startsWith('SCRAM-')
}

/** The upgrades that a client asks for, as far as its account needs them. */
export async function upgradesFor(
  { user, mechanism, request }: Sasl2Login,
  accounts: Accounts,
  onFailure: (error: unknown) => void,
): Promise<SaslTask[]> {
  if (!isByPassword(mechanism)) return []
  const tasks: SaslTask[] = []
  const asked = new Set(request.element.childrenNamed('upgrade', upgradeNs).map((element) => element.text().trim()))
  for (const [name, hash] of upgrades) {
    if (!asked.has(name)) continue
    const iterations = await accounts.missingKeys(user, hash)
    if (iterations === undefined) continue
    tasks.push(new ScramUpgrade(name, { user, hash, iterations, accounts, onFailure }))
  }
  return tasks
}
