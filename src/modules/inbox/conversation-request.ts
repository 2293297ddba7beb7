import { Jid } from '../../jid/jid.ts'
import type { Element } from '../../xml/element.ts'
import { badRequest, switched } from './request.ts'
import type { Change } from './store.ts'

/** Latest time until which something can be muted, in microseconds: 2^53 of them are over soon after. */
const latest = 9_000_000_000_000_000

/** Whose conversation is meant. Throws `bad-request` where that is not said. */
export function remoteOf(payload: Element): Jid {
  const text = payload.attr('jid')
  if (text === undefined) throw badRequest('jid-required')
  const jid = Jid.tryParse(text)
  if (jid === undefined) throw badRequest('invalid-jid')
  return jid.bare
}

/** Reads what is to be changed. `now`: microseconds since the epoch. Throws `bad-request`. */
export function readChange(payload: Element, boxes: readonly string[], now: number): Change {
  const asked = payload.elements()
  if (asked.length === 0) throw badRequest('no-property')
  let change: Change = {}
  let box: string | undefined
  for (const property of asked) {
    const text = property.text().trim()
    switch (property.name) {
      case 'box':
        if (!boxes.includes(text)) throw badRequest('invalid-box')
        box = text
        break
      case 'archive':
        change = { ...change, box: must(switched(text, (isOn) => (isOn ? 'archive' : 'inbox'))) }
        break
      case 'read':
        change = { ...change, isRead: must(switched(text, (isOn) => isOn)) }
        break
      case 'mute':
        change = { ...change, mutedUntil: mutedUntil(text, now) }
        break
      default:
        throw badRequest('bad-request')
    }
  }
  return box === undefined ? change : { ...change, box }
}

function mutedUntil(text: string, now: number): number {
  if (!/^\d{1,15}$/.test(text)) throw badRequest('bad-request')
  const seconds = Number(text)
  return seconds === 0 ? 0 : Math.min(latest, now + seconds * 1_000_000)
}

function must<T>(value: T | undefined): T {
  if (value === undefined) throw badRequest('bad-request')
  return value
}
