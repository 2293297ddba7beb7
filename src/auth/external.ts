import type { Jid } from '../jid/jid.ts'
import { type AuthMethod, AuthUnavailable } from './method.ts'
import { passwordForms, preparedPassword } from './password.ts'

/** The way to the program: a packet in, a packet out. Rejects when it cannot answer now. */
export interface PacketProgram {
  call(packet: Buffer): Promise<Buffer>
}

/** The method `external`: accounts kept by a program that is asked in the words other servers have used for decades. */
export class ExternalAccounts implements AuthMethod {
  readonly name = 'external'
  readonly #program: PacketProgram

  constructor(program: PacketProgram) {
    this.#program = program
  }

  exists(user: Jid): Promise<boolean> {
    return this.#ask('isuser', user)
  }

  async checkPassword(user: Jid, password: string): Promise<boolean> {
    const [form] = passwordForms(password)
    return form !== undefined && (await this.#ask('auth', user, form))
  }

  /** The program says only yes or no: a name that it does not take is taken. */
  async register(user: Jid, password: string): Promise<'created' | 'exists'> {
    return (await this.#ask('tryregister', user, preparedPassword(password))) ? 'created' : 'exists'
  }

  setPassword(user: Jid, password: string): Promise<boolean> {
    return this.#ask('setpass', user, preparedPassword(password))
  }

  remove(user: Jid): Promise<boolean> {
    return this.#ask('removeuser', user)
  }

  /** Fields are parted by colons; a local part has none, and the password is the last. */
  async #ask(verb: string, { local, domain }: Jid, ...password: string[]): Promise<boolean> {
    let answer: Buffer
    try {
      answer = await this.#program.call(Buffer.from([verb, local, domain, ...password].join(':')))
    } catch (cause) {
      throw new AuthUnavailable('the authentication program does not answer', { cause })
    }
    if (answer.length === 2 && answer[0] === 0 && (answer[1] === 0 || answer[1] === 1)) return answer[1] === 1
    throw new AuthUnavailable('the authentication program answers neither yes nor no')
  }
}
