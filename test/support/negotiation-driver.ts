import { Jid } from '../../src/jid/jid.ts'
import type { C2sAction, C2sEvent, OpeningHeader } from '../../src/protocol/c2s/events.ts'
import { C2sNegotiation } from '../../src/protocol/c2s/negotiation.ts'
import type { C2sRules, StreamHost } from '../../src/protocol/c2s/rules.ts'
import { classicSasl } from '../../src/protocol/sasl/classic-profile.ts'
import { type ChannelSecurity, clearChannel, type SaslAnswer } from '../../src/protocol/sasl/mechanism.ts'
import { plainMechanism } from '../../src/protocol/sasl/plain.ts'
import { scramMechanism } from '../../src/protocol/sasl/scram.ts'
import { NS } from '../../src/stanza/namespaces.ts'
import { type Element, el } from '../../src/xml/element.ts'

export const lena = Jid.of('lena', 'example.org')

/** A connection with TLS and one channel binding. */
export const secure: ChannelSecurity = {
  isSecure: true,
  bindingTypes: ['tls-exporter'],
  channelBinding: () => Buffer.from('exported'),
}

export function hostOf(domain: string): StreamHost {
  return {
    domain,
    profiles: [classicSasl],
    mechanisms: [scramMechanism('SHA-1', true), scramMechanism('SHA-1', false), plainMechanism({ onlyOverTls: false })],
    decoy: { secret: Buffer.from('secret'), iterations: 10_000 },
    provesOffer: false,
    features: (stage) =>
      stage === 'before-auth'
        ? [el('register', 'http://jabber.org/features/iq-register')]
        : [el('sm', 'urn:xmpp:sm:3')],
  }
}

/** Rules as a TCP listener without TLS has them, hosting example.org and other.example. */
export function rulesOf(changes: Partial<C2sRules>): C2sRules {
  const hosts = new Map(['example.org', 'other.example'].map((domain) => [domain, hostOf(domain)]))
  let lastId = 0
  return {
    framing: 'stream',
    startTls: 'none',
    defaultDomain: 'example.org',
    language: 'en',
    hidesServiceName: false,
    awaitsSessionIq: false,
    stateTimeout: 5000,
    maxAuthFailures: 3,
    maxBindFailures: 5,
    host: (domain) => hosts.get(domain),
    newStreamId: () => String(++lastId),
    newNonce: () => 'nonce',
    ...changes,
  }
}

/** A proper header to example.org but for these attributes. */
export function header(attributes: Record<string, string | undefined> = {}): OpeningHeader {
  const all: Record<string, string | undefined> = { to: 'example.org', version: '1.0', ...attributes }
  return { name: 'stream', ns: NS.streams, defaultNs: NS.client, attr: (name) => all[name] }
}

export function auth(mechanism: string, initial?: string): Element {
  return el('auth', NS.sasl, { mechanism }, initial)
}

export const plainAuth = auth('PLAIN', Buffer.from('\0lena\0secret').toString('base64'))

export function bindIq(resource: string | undefined): Element {
  const asked = resource === undefined ? undefined : el('resource', NS.bind, resource)
  return el('iq', NS.client, { type: 'set', id: 'b1' }, el('bind', NS.bind, asked))
}

function brief(element: Element): string {
  if (element.name === 'mechanism') return element.text()
  const parts = [...element.elements().map(brief), element.name === 'challenge' ? '' : element.text()].filter(Boolean)
  return parts.length === 0 ? element.name : `${element.name}[${parts.join(' ')}]`
}

function sent(element: Element): string {
  if (element.name === 'iq') {
    const head = `send iq/${element.attr('type')}${element.attr('id') === undefined ? '' : ` ${element.attr('id')}`}`
    const error = element.child('error')
    if (error !== undefined) return `${head} ${error.elements()[0]?.name}`
    return element.elements().length === 0 ? head : `${head}[${element.elements().map(brief).join(' ')}]`
  }
  if (element.name === 'failure' && element.ns !== NS.tls) {
    return `send failure[${element
      .elements()
      .map((each) => (each.name === 'text' ? each.text() : each.name))
      .join(' ')}]`
  }
  if (element.name === 'challenge' && element.text() !== '') return `send challenge[${element.text()}]`
  return `send ${brief(element)}`
}

function line(action: C2sAction): string {
  switch (action.do) {
    case 'send-header': {
      const { from, to, id, lang } = action.header
      return `header from=${from}${to === undefined ? '' : ` to=${to}`} id=${id} lang=${lang}`
    }
    case 'send':
      return sent(action.element)
    case 'arm':
      return `arm ${action.ms}`
    case 'ask':
      return `ask ${action.request.ask}`
    case 'complete':
      return `complete ${action.login.user.full} ${action.login.mechanism}`
    case 'offer':
      return `offer ${action.element.name} for ${action.user?.full ?? 'nobody'} at ${action.domain}`
    case 'bind':
      return `bind ${action.resource ?? '(any)'}`
    case 'note-success':
      return `success ${action.user.full} ${action.mechanism}`
    case 'note-failure':
      return `failure ${action.mechanism} ${action.condition}`
    case 'note-fault':
      return `fault ${action.error instanceof Error ? action.error.message : action.error}`
    case 'send-error':
      return quoted(action.error.condition, action.error.message)
    default:
      return action.do
  }
}

function quoted(condition: string, text: string): string {
  const isTold = [
    'Use of STARTTLS required',
    'Too many failed attempts',
    'Authenticated already',
    'SASL2 violation',
  ].includes(text)
  return `error ${condition}${isTold ? ` "${text}"` : ''}`
}

/** Actions as lines to compare. */
export function shown(actions: readonly C2sAction[]): string[] {
  return actions.map(line)
}

/** The kinds of actions. */
export function actions(all: readonly C2sAction[]): string[] {
  return all.map((action) => action.do)
}

/** A client's connection to play with; every method gives the actions as lines. */
export function driver(changes: Partial<C2sRules> = {}, security: ChannelSecurity = clearChannel) {
  const machine = new C2sNegotiation(rulesOf(changes), security)
  const sees = (event: C2sEvent): string[] => shown(machine.handle(event))
  const opens = (attributes: Record<string, string | undefined> = {}): string[] =>
    sees({ on: 'header', header: header(attributes) })
  const says = (element: Element): string[] => sees({ on: 'element', element })
  const answers = (answer: SaslAnswer): string[] => sees({ on: 'sasl-answer', answer })
  const logsIn = (): void => {
    says(plainAuth)
    answers({ is: 'yes' })
    answers({ is: 'yes' })
  }
  return {
    machine,
    sees,
    opens,
    says,
    answers,
    /** From after the features to after success. */
    logsIn,
    /** From wherever to the features after authentication. */
    authenticates(): void {
      if (machine.state === 'wait-stream') opens()
      logsIn()
      opens()
    },
    get state() {
      return machine.state
    },
    get isBusy() {
      return machine.isBusy
    },
  }
}
