import { keysOfSalted, type ScramHash, type ScramKeys, saltPassword } from '../../src/protocol/scram/keys.ts'

/** What is kept of a prepared password. */
export async function deriveKeys(
  hash: ScramHash,
  password: string,
  salt: Buffer,
  iterations: number,
): Promise<ScramKeys> {
  const salted = await saltPassword(hash, password, salt, iterations)
  return { hash, salt, iterations, ...keysOfSalted(hash, salted) }
}
