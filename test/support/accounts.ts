import { randomBytes } from 'node:crypto'
import type { TestServer } from './server.ts'

/** An account that a real client signs in with. */
export interface Account {
  readonly local: string
  readonly password: string
  readonly jid: string
}

/** Registers a new account whose name begins like this. */
export async function freshAccount(server: TestServer, name: string): Promise<Account> {
  const local = `${name}-${randomBytes(5).toString('hex')}`
  const password = randomBytes(9).toString('hex')
  await server.registerUser(local, password)
  return { local, password, jid: `${local}@${server.domain}` }
}
