import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deriveKeys } from '../../../test/support/derive-keys.ts'
import {
  auth,
  bindIq,
  driver,
  header,
  hostOf,
  lena,
  plainAuth,
  rulesOf,
  secure,
  shown,
} from '../../../test/support/negotiation-driver.ts'
import { ScramTestClient } from '../../../test/support/scram-test-client.ts'
import { Jid } from '../../jid/jid.ts'
import { NS } from '../../stanza/namespaces.ts'
import { type Element, el } from '../../xml/element.ts'
import { classicSasl } from '../sasl/classic-profile.ts'
import type { SaslMechanism } from '../sasl/mechanism.ts'
import type { SaslTask, TaskStep } from '../sasl2/login.ts'
import { sasl2Profile } from '../sasl2/profile.ts'
import type { C2sEvent } from './events.ts'
import { C2sNegotiation } from './negotiation.ts'
import type { C2sRules } from './rules.ts'

const agentId = 'd4565fa7-4d72-4749-b3d3-740edbf87770'
const plainText = plainAuth.text()
const full = Jid.parse('lena@example.org/phone')

interface Setting {
  tasks?: readonly SaslTask[]
  unlisted?: readonly SaslMechanism[]
  hasRefusal?: boolean
}

/** Rules with SASL2 on every host. */
function rules({ tasks = [], unlisted = [], hasRefusal = false }: Setting = {}): C2sRules {
  const sasl2 = sasl2Profile({
    inline: () => [el('bind', 'urn:xmpp:bind:0')],
    upgrades: () => ['UPGR-X'],
    unlisted: () => unlisted,
    check: () => (hasRefusal ? { condition: 'malformed-request', text: 'no' } : undefined),
    tasks: async () => tasks,
  })
  return rulesOf({ host: (domain) => ({ ...hostOf(domain), profiles: [classicSasl, sasl2] }) })
}

function authenticate(mechanism: string, ...content: (Element | undefined)[]): Element {
  return el('authenticate', NS.sasl2, { mechanism }, content)
}

const initial = (text: string): Element => el('initial-response', NS.sasl2, text)
const plain = authenticate('PLAIN', initial(plainText))

/** A client that has the features; `runs` does what the machine has asked to be run. */
function ready(setting: Setting = {}, attributes: Record<string, string> = {}) {
  const machine = new C2sNegotiation(rules(setting), secure)
  let pending: (() => Promise<C2sEvent>) | undefined
  const sees = (event: C2sEvent): string[] => {
    const actions = machine.handle(event)
    for (const action of actions) if (action.do === 'run') pending = action.run
    return shown(actions)
  }
  const features = sees({ on: 'header', header: header(attributes) })
  return {
    machine,
    features,
    sees,
    says: (element: Element) => sees({ on: 'element', element }),
    yes: () => sees({ on: 'sasl-answer', answer: { is: 'yes' } }),
    async runs() {
      const run = pending
      pending = undefined
      if (run === undefined) throw new Error('nothing was to be run')
      return sees(await run())
    },
  }
}

/** One that has proven who it is. */
async function proven(setting: Setting = {}, request = plain) {
  const client = ready(setting)
  client.says(request)
  client.yes()
  client.yes()
  return { ...client, lines: await client.runs() }
}

const results = [el('bound', 'urn:xmpp:bind:0')]

describe('SASL2', () => {
  it('is offered on TLS alone, after SASL', () => {
    expect(ready().features[1]).toContain(
      'authentication[SCRAM-SHA-1-PLUS SCRAM-SHA-1 PLAIN inline[bind] upgrade[UPGR-X]]',
    )
    const clear = driver({ host: rules().host })
    expect(clear.opens()[1]).toBe('send features[mechanisms[SCRAM-SHA-1 PLAIN] register]')
    expect(clear.says(plain)).toEqual(['error policy-violation "SASL2 violation"', 'close'])
  })

  it('does what was asked for, then tells success and the features', async () => {
    const { lines, sees, machine } = await proven()
    expect(lines).toEqual(['complete lena@example.org PLAIN'])
    expect(machine.isBusy).toBe(true)
    expect(sees({ on: 'completed', outcome: { results: [] } })).toEqual([
      'success lena@example.org PLAIN',
      'send success[authorization-identifier[lena@example.org]]',
      'send features[bind session[optional] sm]',
      'arm 5000',
    ])
    expect(machine.state).toBe('post-auth')
  })

  it('hands over at once when a session was opened', async () => {
    const { sees } = await proven()
    expect(sees({ on: 'completed', outcome: { results, full } })).toEqual([
      'success lena@example.org PLAIN',
      'send success[authorization-identifier[lena@example.org/phone] bound]',
      'send features[sm]',
      'hand-over',
    ])
  })

  it('sends no features when an older session goes on', async () => {
    const { sees } = await proven()
    expect(sees({ on: 'completed', outcome: { results, full, isResumed: true } }).slice(2)).toEqual(['hand-over'])
  })

  it('carries the last word of the mechanism', async () => {
    const client = ready()
    const scram = new ScramTestClient({ username: 'lena', password: 'secret' })
    client.says(authenticate('SCRAM-SHA-1', initial(scram.first().toString('base64'))))
    const keys = await deriveKeys('SHA-1', 'secret', Buffer.from('0123456789abcdef'), 10)
    const challenge = client.sees({ on: 'sasl-answer', answer: { is: 'keys', keys } })[0]?.slice(15, -1) ?? ''
    const final = scram.final(Buffer.from(challenge, 'base64'))
    expect(client.says(el('response', NS.sasl2, final.toString('base64')))).toEqual(['ask admission'])
    client.yes()
    await client.runs()
    const success = client.sees({ on: 'completed', outcome: { results: [] } })[1] ?? ''
    const data = /additional-data\[(.*?)\]/.exec(success)?.[1] ?? ''
    expect(scram.isServerProven(Buffer.from(data, 'base64'))).toBe(true)
  })

  it('fails and begins again, by SASL2 only', () => {
    const client = ready()
    expect(client.says(authenticate('TELEPATHY'))).toEqual([
      'failure TELEPATHY invalid-mechanism',
      'send failure[invalid-mechanism]',
      'arm 5000',
    ])
    client.says(plain)
    expect(client.sees({ on: 'sasl-answer', answer: { is: 'no', condition: 'not-authorized' } })[1]).toBe(
      'send failure[not-authorized]',
    )
    expect(client.says(plainAuth)).toEqual(['error policy-violation', 'close'])
  })

  it('is not taken after SASL has failed', () => {
    const client = ready()
    client.says(plainAuth)
    client.sees({ on: 'sasl-answer', answer: { is: 'no', condition: 'not-authorized' } })
    expect(client.says(plain)).toEqual(['error policy-violation', 'close'])
  })

  it('can be given up', () => {
    const client = ready()
    client.says(authenticate('PLAIN'))
    expect(client.says(el('abort', NS.sasl2))[1]).toBe('send failure[aborted]')
  })

  it.each([
    [el('response', NS.sasl, ''), 'invalid-namespace'],
    [el('abort', 'urn:x'), 'invalid-namespace'],
    [plain, 'policy-violation'],
    [el('message', NS.client), 'not-authorized'],
    [el('success', NS.sasl2), 'bad-format'],
  ])('in the middle of an exchange %o is %s', (element, condition) => {
    const client = ready()
    client.says(authenticate('PLAIN'))
    expect(client.says(element)).toEqual([`error ${condition}`, 'close'])
  })

  it('takes no second time', async () => {
    const { sees, says } = await proven()
    sees({ on: 'completed', outcome: { results: [] } })
    expect(says(plain)).toEqual(['error policy-violation "SASL2 violation"', 'close'])
  })

  it.each(['x', '', 'd4565fa7-4d72-1749-b3d3-740edbf87770'])('a user-agent id %o ends the stream', (id) => {
    const agent = el('user-agent', NS.sasl2, { id })
    expect(ready().says(authenticate('PLAIN', initial(plainText), agent))).toEqual(['error policy-violation', 'close'])
  })

  it('tells who the program is', async () => {
    const agent = el('user-agent', NS.sasl2, { id: agentId.toUpperCase() }, el('software', NS.sasl2, 'Quill'))
    const machine = new C2sNegotiation(rules(), secure)
    machine.handle({ on: 'header', header: header() })
    machine.handle({ on: 'element', element: authenticate('PLAIN', initial(plainText), agent) })
    machine.handle({ on: 'sasl-answer', answer: { is: 'yes' } })
    const [run] = machine.handle({ on: 'sasl-answer', answer: { is: 'yes' } })
    if (run?.do !== 'run') throw new Error('tasks were expected')
    const [complete] = machine.handle(await run.run())
    expect(complete).toMatchObject({
      login: { user: lena, request: { agent: { id: agentId, software: 'Quill', device: '' } } },
    })
  })

  it('lets modules refuse before the mechanism begins', () => {
    expect(ready({ hasRefusal: true }).says(plain)[1]).toBe('send failure[malformed-request no]')
  })

  it('takes mechanisms that are in no list, which answer for themselves', async () => {
    const token: SaslMechanism = {
      name: 'TOKEN',
      needs: 'nothing',
      begin: () => ({
        receive: () => ({ step: 'run', run: async () => ({ is: 'yes', data: Buffer.from('last') }) }),
        answer: (answer) => ({ step: 'success', user: lena, data: answer.is === 'yes' ? answer.data : undefined }),
      }),
    }
    const client = ready({ unlisted: [token] })
    expect(client.features[1]).not.toContain('TOKEN')
    expect(client.says(auth('TOKEN'))[0]).toBe('failure TOKEN invalid-mechanism')
    const other = ready({ unlisted: [token] })
    expect(other.says(authenticate('TOKEN'))).toEqual(['run'])
    expect(await other.runs()).toEqual(['ask admission'])
    other.yes()
    await other.runs()
    expect(other.sees({ on: 'completed', outcome: { results: [] } })[1]).toContain('additional-data[bGFzdA==]')
  })

  it('allows three late attempts to bind', async () => {
    const { sees, says } = await proven()
    sees({ on: 'completed', outcome: { results: [] } })
    const [first, second, third] = [says(bindIq('\u0007')), says(bindIq('\u0007')), says(bindIq('\u0007'))]
    expect([first.length, second.length]).toEqual([1, 1])
    expect(third.slice(1)).toEqual(['error policy-violation "Too many failed attempts"', 'close'])
  })

  it('checks whom the stream was opened for', async () => {
    const client = ready({}, { from: 'mara@example.org' })
    client.says(plain)
    client.yes()
    client.yes()
    expect(await client.runs()).toEqual(['error invalid-from', 'close'])
  })
})

describe('tasks', () => {
  /** A task that plays these steps. */
  function task(name: string, ...steps: TaskStep[]): SaslTask {
    return { name, take: async () => steps.shift() ?? { is: 'done' } }
  }
  const next = (name: string): Element => el('next', NS.sasl2, { task: name })
  const data = el('task-data', NS.sasl2)

  it('come between proof and success, one after another', async () => {
    const client = await proven({ tasks: [task('A', { is: 'data', content: [el('salt', 'urn:x')] }), task('B')] })
    expect(client.lines).toEqual(['send continue[tasks[task[A]]]', 'arm 5000'])
    expect(client.says(next('A'))).toEqual(['run'])
    expect(await client.runs()).toEqual(['send task-data[salt]', 'arm 5000'])
    client.says(data)
    expect(await client.runs()).toEqual(['send continue[tasks[task[B]]]', 'arm 5000'])
    client.says(next('B'))
    expect(await client.runs()).toEqual(['complete lena@example.org PLAIN'])
  })

  it('may refuse', async () => {
    const client = await proven({ tasks: [task('A', { is: 'refused', condition: 'not-authorized' })] })
    client.says(next('A'))
    expect((await client.runs())[1]).toBe('send failure[not-authorized]')
    expect(client.machine.state).toBe('pre-auth')
  })

  it.each([
    [next('B'), 'malformed-request'],
    [data, 'malformed-request'],
    [el('response', NS.sasl2, ''), 'malformed-request'],
    [el('abort', NS.sasl2), 'aborted'],
  ])('%o instead of the task is a failure', async (element, condition) => {
    const client = await proven({ tasks: [task('A')] })
    expect(client.says(element)[1]).toBe(`send failure[${condition}]`)
  })
})

describe('whatever happens', () => {
  const elements = [
    plain,
    authenticate('PLAIN'),
    authenticate('GSSAPI'),
    el('response', NS.sasl2, plainText),
    el('abort', NS.sasl2),
    el('next', NS.sasl2, { task: 'A' }),
    el('task-data', NS.sasl2),
    plainAuth,
    bindIq('phone'),
    el('message', NS.client),
  ]
  const events = fc.oneof(
    fc.constantFrom<C2sEvent>(
      { on: 'header', header: header() },
      { on: 'sasl-answer', answer: { is: 'yes' } },
      { on: 'sasl-answer', answer: { is: 'no', condition: 'not-authorized' } },
      { on: 'sasl-tasks', tasks: [] },
      { on: 'sasl-tasks', tasks: [{ name: 'A', take: async () => ({ is: 'done' }) }] },
      { on: 'sasl-task-step', step: { is: 'done' } },
      { on: 'sasl-task-step', step: { is: 'data', content: [] } },
      { on: 'sasl-task-step', step: { is: 'refused', condition: 'not-authorized' } },
      { on: 'completed', outcome: { results: [] } },
      { on: 'completed', outcome: { results, full } },
    ),
    fc.constantFrom(...elements).map((element): C2sEvent => ({ on: 'element', element })),
  )

  it('success is told once, after two yeses in a row of one attempt, and nothing after the end', () => {
    fc.assert(
      fc.property(fc.array(events, { maxLength: 60 }), (all) => {
        const machine = new C2sNegotiation(rules(), secure)
        machine.handle({ on: 'header', header: header() })
        const seen: string[] = []
        for (const event of all) {
          if (machine.isBusy && (event.on === 'element' || event.on === 'header')) continue
          seen.push(...shown(machine.handle(event)))
        }
        judge(seen)
      }),
      { numRuns: 4000 },
    )
  })

  function judge(seen: readonly string[]): void {
    const at = (start: string): number[] => seen.flatMap((line, index) => (line.startsWith(start) ? [index] : []))
    const [success] = at('success ')
    expect(at('success ').length).toBeLessThanOrEqual(1)
    expect(at('send success').length).toBe(at('success ').length)
    expect(at('fault')).toEqual([])
    if (success !== undefined) {
      expect(at('send failure').filter((index) => index > success)).toEqual([])
      const lastFailure = Math.max(-1, ...at('send failure'))
      const between = seen.slice(lastFailure + 1, success)
      expect(between.filter((line) => line.startsWith('ask'))).toEqual(['ask password', 'ask admission'])
    }
    const [end = seen.length] = at('close')
    expect(seen.slice(end + 1)).toEqual([])
  }
})
