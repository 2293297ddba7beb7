import { describe, expect, it } from 'vitest'
import { Jid } from '../../jid/jid.ts'
import type { Question } from '../../router/iq-asker.ts'
import type { Router } from '../../router/router.ts'
import { Stanza } from '../../stanza/stanza.ts'
import { FakeClock } from '../../util/clock.ts'
import { parseElement } from '../../xml/parse.ts'
import type { Announcement } from './announcement.ts'
import { Inquirer, type Inquiry } from './inquirer.ts'
import { RememberedFeatures } from './known-features.ts'

const client = Jid.parse('rosie@shire.example/phone')
const hash = 'QgayPKawpkPSDYmwT/WM94uAlu0='
const announcement: Announcement = { version: 'v1', algorithm: 'sha-1', hash, node: `https://exodus.example#${hash}` }
const exodus = ['caps', 'disco#info', 'disco#items', 'muc'].map((name) => `http://jabber.org/protocol/${name}`)
const right = answer(exodus)
const wrong = answer(exodus.slice(1))

function answer(features: readonly string[]): Stanza {
  const list = features.map((name) => `<feature var='${name}'/>`).join('')
  const identity = `<identity category='client' type='pc' name='Exodus 0.9.1'/>`
  const query = parseElement(`<query xmlns='http://jabber.org/protocol/disco#info'>${identity}${list}</query>`)
  return Stanza.make('iq', { type: 'result', from: client }, query)
}

/** Everybody's answers come from here, one after another. */
function makeInquirer(answers: (Stanza | 'timeout')[]) {
  const clock = new FakeClock()
  const asked: Question[] = []
  const router = {
    async ask(question: Question) {
      asked.push(question)
      return answers.shift() ?? 'timeout'
    },
  } as unknown as Router
  const inquirer = new Inquirer(router, clock, new RememberedFeatures(10, 86_400_000, clock), 5000)
  const ask = (inquiry: Partial<Inquiry> = {}) =>
    inquirer.featuresOf({ client, domain: 'shire.example', announcement, isRemote: false, ...inquiry })
  return { clock, asked, ask }
}

describe('finding out what a client can do', () => {
  it('asks in the name of the domain, by the announced node, and asks nobody else with the same hash', async () => {
    const { asked, ask } = makeInquirer([right])
    expect([...((await ask()) ?? [])]).toEqual(exodus)
    expect(asked).toHaveLength(1)
    expect(asked[0]).toMatchObject({ type: 'get', to: client, timeout: 5000 })
    expect(asked[0]?.from.full).toBe('shire.example')
    expect(asked[0]?.payload.attr('node')).toBe(announcement.node)
    expect(ask({ client: Jid.parse('sam@shire.example/pc') })).toEqual(new Set(exodus))
    expect(asked).toHaveLength(1)
  })

  it('keeps nothing of a wrong answer, an error or none, and asks again', async () => {
    const error = Stanza.make('iq', { type: 'error', from: client })
    const { asked, ask } = makeInquirer([
      wrong,
      error,
      'timeout',
      answer(Array.from({ length: 1001 }, (_, n) => `urn:${n}`)),
      right,
    ])
    for (let n = 0; n < 4; n++) expect(await ask()).toBeUndefined()
    expect(await ask()).toEqual(new Set(exodus))
    expect(asked).toHaveLength(5)
  })

  it('keeps the versions apart', async () => {
    const { asked, ask } = makeInquirer([right, right])
    await ask()
    await ask({ announcement: { ...announcement, version: 'v2', node: 'urn:xmpp:caps#sha-1.x' } })
    expect(asked).toHaveLength(2)
  })

  it('does not put a question twice while it waits', async () => {
    const { asked, ask } = makeInquirer([right])
    expect(await Promise.all([ask(), ask()])).toEqual([new Set(exodus), new Set(exodus)])
    expect(asked).toHaveLength(1)
  })

  it('leaves a client of another server alone for ten minutes after a failure', async () => {
    const { clock, asked, ask } = makeInquirer(['timeout', right])
    expect(await ask({ isRemote: true })).toBeUndefined()
    clock.advance(599_999)
    expect(await ask({ isRemote: true })).toBeUndefined()
    expect(asked).toHaveLength(1)
    clock.advance(1)
    expect(await ask({ isRemote: true })).toEqual(new Set(exodus))
  })
})

describe('remembered features', () => {
  it('are so many and so old at most', () => {
    const clock = new FakeClock()
    const known = new RememberedFeatures(2, 1000, clock)
    for (const key of ['a', 'b', 'c']) known.put(key, new Set([key]))
    expect(known.get('a')).toBeUndefined()
    expect(known.get('b')).toEqual(new Set(['b']))
    clock.advance(1000)
    expect(known.get('c')).toBeUndefined()
  })
})
