import { z } from 'zod'
import { chain } from '../hooks/hook.ts'
import { Jid } from '../jid/jid.ts'
import { defineModule } from '../module/define.ts'
import { idleLimits, sessionDetaches, sessionEnds, sessionOpens, sessionResumes, userSends } from '../router/events.ts'
import { sessionKey } from '../router/keys.ts'
import type { Session } from '../router/session.ts'
import type { Stanza } from '../stanza/stanza.ts'
import { StreamError } from '../stanza/stream-error.ts'
import type { Timer } from '../util/clock.ts'
import { el } from '../xml/element.ts'

const NS = 'urn:xmpp:ping'

/** What came of a ping that the server sent; `elapsed` in milliseconds. */
export interface PingResponse {
  readonly session: Session
  readonly outcome: 'answered' | 'error' | 'timeout'
  readonly elapsed: number
}
export const userPingResponse = chain<PingResponse>('userPingResponse', { slots: ['main'] })

const idleTimer = sessionKey<Timer>('ping.idle_timer')

export default defineModule({
  name: 'mod_ping',
  about: 'Answers pings, and asks idle clients whether they are still there.',
  xeps: [
    { xep: 199, version: '2.0.1' },
    { xep: 478, version: '0.2.0' },
  ],
  inCluster: true,
  options: z.strictObject({
    send_pings: z.boolean().default(false).describe('Ping clients that have been silent.'),
    ping_interval: z
      .int()
      .positive()
      .default(60)
      .describe('Seconds of silence before a client is pinged.')
      .meta({ reload: 'live' }),
    timeout_action: z
      .enum(['none', 'kill'])
      .default('none')
      .describe('What happens to a client that does not answer.')
      .meta({ reload: 'live' }),
    ping_req_timeout: z
      .int()
      .positive()
      .default(32)
      .describe('Seconds to wait for the answer.')
      .meta({ reload: 'live' }),
  }),
  iqPolicy: 'no_queue',
  otherIqs: 'feature-not-implemented',
  setup({ iq, on, options, host, clock, router, metrics }) {
    iq.server('get', NS, 'ping', () => undefined)
    iq.account('get', NS, 'ping', () => undefined)
    if (!options.send_pings) return

    const names = ['host_type'] as const
    const labels = { host_type: host.type }
    const answered = metrics.counter('mod_ping_response_count', 'Answers to pings of the server', names).with(labels)
    const timeText = 'Time of answers to pings of the server, in microseconds'
    const answerTime = metrics.histogram('mod_ping_response_time', timeText, names).with(labels)
    const unanswered = 'Pings of the server without an answer'
    const timedOut = metrics.counter('mod_ping_response_timeout_count', unanswered, names).with(labels)

    const restart = (session: Session) => {
      session.get(idleTimer)?.cancel()
      session.set(
        idleTimer,
        clock.after(options.ping_interval * 1000, () => void ping(session)),
      )
    }
    const ping = async (session: Session) => {
      const { link } = session
      const sentAt = clock.now()
      const from = Jid.parse(session.jid.domain)
      const question = {
        type: 'get',
        from,
        to: session.jid,
        payload: el('ping', NS),
        timeout: options.ping_req_timeout * 1000,
      } as const
      const answer = await router.ask(question)
      const outcome = outcomeOf(answer)
      ;(outcome === 'timeout' ? timedOut : answered).inc()
      if (outcome !== 'timeout') answerTime.observe((clock.now() - sentAt) * 1000)
      await host.hooks.run(userPingResponse, { session, outcome, elapsed: clock.now() - sentAt })
      // Who was asked over a connection that is gone has no part in the one that came after it.
      if (outcome === 'answered' || options.timeout_action === 'none' || session.link !== link) return
      const status = `Shutdown by reason: ${outcome === 'timeout' ? 'ping_timeout' : 'ping_error'}`
      link.close(new StreamError('connection-timeout'))
      await session.disconnect(link, status)
    }

    on(idleLimits, 'main', () => options.ping_interval)
    on(sessionOpens, 'late', ({ session }) => restart(session))
    on(userSends, 'observe', ({ session }) => restart(session))
    const stop = (session: Session) => {
      session.get(idleTimer)?.cancel()
      session.set(idleTimer, undefined)
    }
    on(sessionResumes, 'late', ({ session }) => restart(session))
    on(sessionDetaches, 'late', ({ session }) => stop(session))
    on(sessionEnds, 'late', ({ session }) => stop(session))
  },
})

function outcomeOf(answer: Stanza | 'timeout'): PingResponse['outcome'] {
  if (answer === 'timeout') return 'timeout'
  return answer.type === 'result' ? 'answered' : 'error'
}
