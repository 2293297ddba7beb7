import type { Jid } from '../../../jid/jid.ts'
import { type DataForm, formElement, readForm } from '../../../stanza/data-form.ts'
import { NS } from '../../../stanza/namespaces.ts'
import { Stanza } from '../../../stanza/stanza.ts'
import { StanzaError } from '../../../stanza/stanza-error.ts'
import type { Change } from './administration.ts'
import { MUC } from './namespaces.ts'
import { nickOf, type Occupant } from './occupants.ts'
import type { Outbox } from './outbox.ts'
import { requireOccupant } from './private-message.ts'
import type { Room } from './room.ts'
import { roleNamed, roleRefusal } from './standing.ts'

/** The form by which voice is asked for or given, where a message holds one (XEP-0045 §7.13, §8.6). */
export function voiceFormOf(stanza: Stanza): DataForm | undefined {
  const x = stanza.child('x', NS.forms)
  return x === undefined ? undefined : readForm(x)
}

/** A visitor asks for a role: every moderator is asked. */
export function requestVoice(room: Room, stanza: Stanza, form: DataForm, out: Outbox): void {
  const asker = requireOccupant(room, stanza.from as Jid)
  const role = roleNamed(form.value('muc#role'))
  if (form.type !== 'submit' || role === undefined || role === 'none') throw new StanzaError('bad-request')
  const question = approvalForm(room, asker, role)
  for (const moderator of room.occupants.all()) {
    if (moderator.role !== 'moderator') continue
    for (const seat of moderator.seats) out.send(question, seat.jid)
  }
}

function approvalForm(room: Room, asker: Occupant, role: string): Stanza {
  const form = formElement({
    type: 'form',
    title: 'Voice request',
    instructions: ['To approve this request for voice, select "Grant voice to this person?" and submit the form.'],
    formType: MUC.request,
    fields: [
      { var: 'muc#role', type: 'list-single', label: 'Requested role', values: [role], options: [{ value: role }] },
      {
        var: 'muc#jid',
        type: 'jid-single',
        label: 'User ID',
        values: [(asker.seats.at(-1)?.jid ?? asker.real).full],
      },
      { var: 'muc#roomnick', type: 'text-single', label: 'Room nickname', values: [nickOf(asker)] },
      { var: 'muc#request_allow', type: 'boolean', label: 'Grant voice to this person?', values: ['0'] },
    ],
  })
  return Stanza.make('message', { from: room.jid }, form)
}

/** A moderator's answer to such a question, as a change; throws StanzaError. */
export function approveVoice(room: Room, stanza: Stanza, form: DataForm): Change[] {
  const moderator = requireOccupant(room, stanza.from as Jid)
  const role = roleNamed(form.value('muc#role'))
  const nick = form.value('muc#roomnick')
  if (role === undefined || nick === undefined || form.boolean('muc#request_allow') !== true) {
    throw new StanzaError('bad-request')
  }
  if (moderator.role !== 'moderator') throw new StanzaError('not-allowed')
  const occupant = room.occupants.named(nick)
  if (occupant === undefined) throw new StanzaError('item-not-found', { text: 'The person has left' })
  const refusal = roleRefusal(moderator, occupant, role)
  if (refusal !== undefined) throw new StanzaError(refusal)
  return [{ kind: 'role', occupant, role, reason: '' }]
}

/** Whether a form answers a question of the room rather than asking one. */
export function isApproval(form: DataForm): boolean {
  return form.field('muc#roomnick') !== undefined || form.field('muc#request_allow') !== undefined
}
