import { ControlUnreachable } from '../../net/control-socket.ts'
import type { ErrorAnswer, Traced } from '../control.ts'
import { reach } from './admin-command.ts'
import type { CommandLine } from './arguments.ts'
import { exit, type Machine } from './machine.ts'

type Message = Partial<Traced> & {
  readonly at?: number
  readonly isOpen?: boolean
  readonly leftOut?: number
}

/** `trace JID`: shows what the sessions of an account, or one of them, or another server, send and receive, until it is interrupted. */
export async function trace(line: CommandLine, machine: Machine): Promise<number> {
  const [, jid] = line.words
  if (jid === undefined) {
    machine.err('Usage: meerkat trace JID\n')
    return exit.usage
  }
  const client = await reach(line, machine)
  if (client === undefined) {
    machine.err('Meerkat is not running.\n')
    return exit.unreachable
  }
  try {
    const answer = await client.ask({ command: '$trace', jid, auth: line.auth }, (message) =>
      show(message as Message, jid, machine),
    )
    const error = answer['error'] as ErrorAnswer | undefined
    if (error === undefined) return exit.ok
    machine.err(`${error.message}\n`)
    return error.isUsage === true ? exit.usage : exit.failed
  } catch (error) {
    if (!(error instanceof ControlUnreachable)) throw error
    machine.err('The server has stopped.\n')
    return exit.ok
  } finally {
    client.close()
  }
}

function show({ isOpen, leftOut, at, direction, jid, text }: Message, asked: string, machine: Machine): void {
  if (isOpen === true) machine.err(`Looking at ${asked}; Ctrl-C ends it.\n`)
  else if (leftOut !== undefined) machine.out(`... ${leftOut} left out: the terminal was too slow\n`)
  else {
    const time = new Date(at ?? 0).toISOString().slice(11, 23)
    machine.out(`${time} ${direction === 'in' ? '->' : '<-'} ${jid} ${text}\n`)
  }
}
