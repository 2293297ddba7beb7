import type { RoomHappening } from '../muc/api.ts'
import { htmlOf, plainOf } from './log-text.ts'
import type { Moment } from './moment.ts'
import type { MucLogOptions } from './options.ts'

/** What a line says: its kind, as the stylesheet knows it, and its text, of which some is what people wrote. */
export interface Saying {
  readonly kind: 'mrcm' | 'mj' | 'ml' | 'mk' | 'mb' | 'mnc' | 'msc' | 'mn' | 'mne' | 'msm'
  readonly text: string
  /** For `mn`: who speaks. */
  readonly speaker?: string
}

const removals: Readonly<Record<number, string>> = {
  301: 'has been banned',
  307: 'has been kicked',
  321: 'has been kicked because of an affiliation change',
  322: 'has been kicked because the room has been changed to members-only',
  332: 'has been kicked because of a system shutdown',
}

const lifecycle = {
  created: 'Chatroom is created',
  destroyed: 'Chatroom is destroyed',
  started: 'Chatroom is started',
  stopped: 'Chatroom is stopped',
  configured: 'Chatroom configuration modified',
} as const

/** What is to be said of something that has happened; undefined for what is not logged. */
export function sayingOf({ event }: Pick<RoomHappening, 'event'>): Saying | undefined {
  switch (event.kind) {
    case 'created':
    case 'destroyed':
    case 'started':
    case 'stopped':
    case 'configured':
      return { kind: 'mrcm', text: lifecycle[event.kind] }
    case 'joined':
      return { kind: 'mj', text: `${event.who.nick} joins the room` }
    case 'left':
      return departure(event.who.nick, event.reason)
    case 'removed':
      return removal(event)
    case 'renamed':
      return { kind: 'mnc', text: `${event.before} is now known as ${event.who.nick}` }
    case 'subject':
      return { kind: 'msc', text: `${event.who.nick} has set the subject to: ${event.subject}` }
    case 'spoke':
      return speech(event)
    default:
      return undefined
  }
}

type Event<K> = Extract<RoomHappening['event'], { kind: K }>

function departure(nick: string, reason: string): Saying {
  return reason === ''
    ? { kind: 'mj', text: `${nick} leaves the room` }
    : { kind: 'ml', text: `${nick} leaves the room: ${reason}` }
}

function removal({ who, code, reason }: Event<'removed'>): Saying {
  const what = removals[code] ?? 'has been removed'
  return { kind: code === 301 ? 'mb' : 'mk', text: `${who.nick} ${what}${reason === '' ? '' : `: ${reason}`}` }
}

function speech({ who, stanza }: Event<'spoke'>): Saying | undefined {
  const body = stanza.child('body')?.text()
  if (body === undefined) return undefined
  if (who === undefined) return { kind: 'msm', text: body }
  if (body.startsWith('/me ')) return { kind: 'mne', text: `${who.nick} ${body.slice(4)}` }
  return { kind: 'mn', text: body, speaker: who.nick }
}

type Form = Pick<MucLogOptions, 'file_format' | 'spam_prevention'>

/** A line as it is written. */
export function logLine({ kind, text, speaker }: Saying, { time, micro }: Moment, form: Form): string {
  if (form.file_format === 'plaintext') {
    const said = speaker === undefined ? plainOf(text) : `[${plainOf(speaker)}] ${plainOf(text)}`
    return `[${time}] ${said}\n`
  }
  const id = `${time}.${micro}`
  const stamp = `<a id="${id}" name="${id}" href="#${id}" class="ts">[${time}]</a>`
  const said = htmlOf(text, { isNofollow: form.spam_prevention })
  if (speaker === undefined) return `${stamp} <span class="${kind}">${said}</span><br/>\n`
  const name = htmlOf(speaker, { isNofollow: form.spam_prevention })
  return `${stamp} <span class="mn">&lt;${name}&gt;</span> ${said}<br/>\n`
}
