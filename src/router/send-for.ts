import type { Jid } from '../jid/jid.ts'
import type { Stanza } from '../stanza/stanza.ts'
import type { Wire } from '../xml/wire.ts'
import type { Host } from './host.ts'
import type { Router } from './router.ts'
import { type ClientLink, Session } from './session.ts'

/** The connection of somebody who does not wait for answers, but for one: that what was sent is refused. */
class SenderLink implements ClientLink {
  readonly form = 'framed'
  readonly bufferedBytes = 0
  refusal: Stanza | undefined

  send(_text: Wire, stanza?: Stanza): void {
    if (stanza?.type === 'error') this.refusal = stanza
  }

  whenRead(): undefined {
    return undefined
  }

  close(): void {}
}

const info = { address: '', port: 0, connection: 'command', mechanism: '', streamId: '' }

/**
 * Sends a stanza as a client of an account would, through everything that watches what users send: it is archived, copied to the
 * clients of the account, and filtered. Resolves when it has gone its way; with the error where that was refused at once.
 */
export async function sendFor(host: Host, from: Jid, stanza: Stanza): Promise<Stanza | undefined> {
  const link = new SenderLink()
  // Nobody finds this session: it is as if its client had gone as soon as it had sent.
  const session = new Session(host, from, { link, info })
  await session.receive(stanza.readdressed(from, stanza.to))
  return link.refusal
}

/** Sends a message in the name of whoever it is from: as {@link sendFor} for an account of this server, else on its way only. */
export async function speakFor(router: Router, message: Stanza): Promise<void> {
  const { from } = message
  const host = from === undefined || from.local === '' ? undefined : router.hostOf(from.domain)
  if (from === undefined || host === undefined) await router.route(message)
  else await sendFor(host, from, message)
}
