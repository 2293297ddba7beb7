import type { Jid } from '../../../jid/jid.ts'
import { formElement, readForm } from '../../../stanza/data-form.ts'
import { NS } from '../../../stanza/namespaces.ts'
import { StanzaError } from '../../../stanza/stanza-error.ts'
import { type Element, el } from '../../../xml/element.ts'
import { type Change, preparedNick } from '../core/administration.ts'
import { MUC } from '../core/namespaces.ts'
import type { Room, RoomFeature } from '../core/room.ts'
import { isAtLeast } from '../core/standing.ts'

/** People may register with a room, which makes them members and keeps a nick for them (XEP-0045 §7.10). */
export const registration: RoomFeature = {
  infoFeatures: () => [MUC.register],
}

/** What is asked of who wants to register. Throws `not-allowed` for who may not. */
export function registrationForm(room: Room, who: Jid): Element {
  mayRegister(room, who)
  const entry = room.affiliations.entry(who.bare)
  const nick = entry?.nick ?? ''
  if (nick !== '') {
    return el('query', MUC.register, el('registered', MUC.register), el('username', MUC.register, nick))
  }
  return el(
    'query',
    MUC.register,
    el('instructions', MUC.register, `To register with ${room.jid.full}, say which nick is to be kept for you`),
    formElement({
      type: 'form',
      title: `Registration with ${room.jid.full}`,
      formType: MUC.roomRegister,
      fields: [{ var: 'muc#register_roomnick', type: 'text-single', label: 'Nickname', isRequired: true }],
    }),
  )
}

/** What follows from a form that was filled in, or from who does not want to be registered any more. Throws StanzaError. */
export function registrationChange(room: Room, who: Jid, query: Element): Change[] {
  const account = who.bare
  const entry = room.affiliations.entry(account)
  const before = entry?.affiliation ?? 'none'
  if (query.child('remove') !== undefined) return withdrawal(room, account)
  mayRegister(room, who)
  const form = readForm(query.child('x', NS.forms))
  if (form.type === 'cancel') return []
  if (form.type !== 'submit' || form.formType !== MUC.roomRegister) throw new StanzaError('bad-request')
  const nick = preparedNick(room, form.value('muc#register_roomnick') ?? '')
  if (nick === '') throw new StanzaError('bad-request', { text: 'A nickname is needed' })
  const holder = room.affiliations.reservedFor(nick) ?? room.surroundings.registeredFor(nick)
  const user = room.occupants.named(nick)?.real
  if (isOther(holder, account) || isOther(user, account)) throw new StanzaError('conflict')
  const affiliation = isAtLeast(before, 'member') ? before : 'member'
  return [{ kind: 'affiliation', before, entry: { jid: account, affiliation, reason: entry?.reason ?? '', nick } }]
}

/** A plain member is none any more; admins and owners only lose the nick. */
function withdrawal(room: Room, account: Jid): Change[] {
  const entry = room.affiliations.entry(account)
  if (entry === undefined || entry.affiliation === 'outcast') return []
  const affiliation = entry.affiliation === 'member' ? 'none' : entry.affiliation
  return [{ kind: 'affiliation', before: entry.affiliation, entry: { ...entry, affiliation, nick: '' } }]
}

/** Who is banned may not, nor may strangers make themselves members of a room that is for members. */
function mayRegister(room: Room, who: Jid): void {
  if (room.mayEnter(who)) return
  throw new StanzaError('not-allowed', { text: 'This room does not take registrations from you' })
}

function isOther(one: Jid | undefined, account: Jid): boolean {
  return one !== undefined && one.full !== account.full
}
