import type { Jid } from '../../jid/jid.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'

/** Makes a request to a path of the configured service. Rejects when that fails. */
export type HttpGet = (path: string) => Promise<{ readonly status: number; readonly body: string }>

/** Asks a service over HTTP whether a password is right for a room that has none of its own. */
export class PasswordService {
  readonly #get: HttpGet

  constructor(get: HttpGet) {
    this.#get = get
  }

  /** `right`, or the error for who wants to enter. Never rejects. */
  async check(from: Jid, room: Jid, password: string): Promise<'right' | StanzaError> {
    const query = new URLSearchParams({ from: from.full, to: room.full, pass: password })
    try {
      // The parameters are percent-encoded; a plus sign would stand for itself in what others read.
      const { status, body } = await this.#get(`check_password?${query.toString().replaceAll('+', '%20')}`)
      return status === 200 ? verdictOf(JSON.parse(body) as unknown) : unavailable()
    } catch {
      return unavailable()
    }
  }
}

function verdictOf(answer: unknown): 'right' | StanzaError {
  const { code, msg } = Object(answer) as { code?: unknown; msg?: unknown }
  if (code === 0 && msg === 'OK') return 'right'
  if (typeof code !== 'number') return unavailable()
  return new StanzaError('not-authorized', { text: `${code} ${typeof msg === 'string' ? msg : ''}`.trim() })
}

function unavailable(): StanzaError {
  return new StanzaError('service-unavailable', { text: 'Internal server error' })
}
