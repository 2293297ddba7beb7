import { describe, expect, it } from 'vitest'
import type { PushNotification } from '../../router/push-events.ts'
import { FakeClock } from '../../util/clock.ts'
import { fitted, messageOf } from './message.ts'
import { type Attempt, attemptOf, sendPatiently } from './sender.ts'

/** Sends with these outcomes; the seconds at which it was tried. */
async function told(outcomes: readonly (Attempt | Error)[], retries: number): Promise<[Attempt, number[]]> {
  const clock = new FakeClock(0)
  const times: number[] = []
  let last: Attempt | undefined
  const all = [...outcomes]
  const attempt = async (): Promise<Attempt> => {
    times.push(clock.now() / 1000)
    const next = all.shift() ?? { is: 'sent' }
    if (next instanceof Error) throw next
    return next
  }
  const end = sendPatiently(attempt, retries, clock).then((outcome) => {
    last = outcome
  })
  for (let turn = 0; last === undefined && turn < 1000; turn++) {
    await Promise.resolve()
    if (turn % 5 === 4) clock.advance(1000)
  }
  await end
  return [last as Attempt, times]
}

describe('sendPatiently', () => {
  const busy: Attempt = { is: 'again', reason: 'busy' }
  it('waits longer each time, then gives up', async () => {
    expect(await told([busy, new Error('away'), busy, busy], 3)).toEqual([
      { is: 'failed', reason: 'busy' },
      [0, 1, 3, 7],
    ])
  })
  it('waits as long as it is told to, but not for ever', async () => {
    expect(
      await told(
        [
          { ...busy, after: 5 },
          { ...busy, after: 9999 },
        ],
        3,
      ),
    ).toEqual([{ is: 'sent' }, [0, 5, 65]])
  })
  it('does not repeat what was refused', async () => {
    expect(await told([{ is: 'failed', reason: 'no' }], 3)).toEqual([{ is: 'failed', reason: 'no' }, [0]])
    expect(await told([{ is: 'gone' }], 3)).toEqual([{ is: 'gone' }, [0]])
  })
})

it('an answer of a busy service is worth another attempt', () => {
  expect(attemptOf(400, 'Bad')).toEqual({ is: 'failed', reason: 'status 400 Bad' })
  expect(attemptOf(503, '')).toEqual({ is: 'again', reason: 'status 503' })
  expect(attemptOf(429, 'Slow', '7')).toEqual({ is: 'again', reason: 'status 429 Slow', after: 7 })
  expect(attemptOf(429, 'Slow', 'Thu, 26 Nov 2026 12:00:00 GMT')).toEqual({ is: 'again', reason: 'status 429 Slow' })
})

describe('messageOf', () => {
  const notification = (fields: PushNotification['fields'], options: PushNotification['options'] = {}) =>
    ({ fields, options }) as PushNotification
  const text = { 'message-count': '2', 'last-message-sender': 'a@b', 'last-message-body': 'hi' }
  it('shows what there is to show', () => {
    expect(messageOf(notification(text))).toMatchObject({
      alert: { title: 'a@b', body: 'hi' },
      count: 2,
      isUrgent: true,
    })
    expect(messageOf(notification(text, { silent: 'true' }))).toMatchObject({ alert: undefined, isUrgent: false })
    expect(messageOf(notification({ 'jingle-message': 'propose' }))).toMatchObject({ alert: undefined, isUrgent: true })
    expect(messageOf(notification(text, { priority: 'normal', time_to_live: '1x' }))).toMatchObject({
      isUrgent: false,
      timeToLive: undefined,
    })
  })
  it('shortens the text, and nothing else', () => {
    const message = messageOf(notification({ ...text, 'last-message-body': 'żółw '.repeat(500) }))
    const written = fitted(message, 300, (fit) => JSON.stringify(fit))
    expect(Buffer.byteLength(written)).toBeLessThanOrEqual(300)
    expect(JSON.parse(written)).toMatchObject({ count: 2, alert: { title: 'a@b' } })
    expect(JSON.parse(written).alert.body.length).toBeGreaterThan(10)
    expect(fitted(message, 10, (fit) => fit.alert?.title ?? '')).toBe('a@b')
    expect(fitted(message, 1, () => 'too long whatever is left out')).toBe('too long whatever is left out')
  })
})
