import { z } from 'zod'
import { defineModule } from '../module/define.ts'
import { el } from '../xml/element.ts'

const NS = 'urn:xmpp:time'

export default defineModule({
  name: 'mod_time',
  about: 'Answers "what time is it on the server?".',
  xeps: [{ xep: 202, version: '2.0' }],
  inCluster: true,
  options: z.strictObject({}),
  setup({ iq, clock }) {
    iq.server('get', NS, 'time', () => {
      const now = new Date(clock.now())
      return el('time', NS, el('tzo', NS, formatOffset(-now.getTimezoneOffset())), el('utc', NS, formatUtc(now)))
    })
  },
})

/** `+02:00`, `-03:30`; UTC itself is `+00:00` (XEP-0082 has `Z` too, XEP-0202 shows digits). */
export function formatOffset(minutes: number): string {
  const two = (value: number) => String(value).padStart(2, '0')
  const size = Math.abs(minutes)
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
}

function formatUtc(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`
}
