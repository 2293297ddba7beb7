import { Jid } from '../../../jid/jid.ts'
import { NS } from '../../../stanza/namespaces.ts'
import { Stanza } from '../../../stanza/stanza.ts'
import { StanzaError } from '../../../stanza/stanza-error.ts'
import { type Element, el } from '../../../xml/element.ts'
import type { Change } from './administration.ts'
import { MUC } from './namespaces.ts'
import type { Outbox } from './outbox.ts'
import { requireOccupant } from './private-message.ts'
import type { Room } from './room.ts'
import { isAtLeast } from './standing.ts'

/** Most people invited by one message. */
const maxInvitees = 50

interface Invitation {
  /** Who invites: an occupant's real address, or the room. */
  readonly from: Jid
  readonly reason: string
  readonly continues?: Element | undefined
}

/** An invitation as it reaches the invitee (XEP-0045 §7.8.2), with the direct form beside it (XEP-0249). */
export function invitationTo(room: Room, { from, reason, continues }: Invitation): Stanza {
  const { password, isPasswordProtected } = room.config
  const given = isPasswordProtected && password !== '' ? password : undefined
  const text = `${from.full} invites you to the room ${room.jid.full}${reason === '' ? '' : ` (${reason})`}`
  return Stanza.make(
    'message',
    { from: room.jid },
    el('body', NS.client, text),
    // The text repeats what the elements say (XEP-0428).
    el('fallback', 'urn:xmpp:fallback:0', { for: MUC.user }, el('body', 'urn:xmpp:fallback:0')),
    el(
      'x',
      MUC.user,
      el(
        'invite',
        MUC.user,
        { from: from.full },
        reason === '' ? undefined : el('reason', MUC.user, reason),
        continues,
      ),
      given === undefined ? undefined : el('password', MUC.user, given),
    ),
    el('x', MUC.conference, { jid: room.jid.full, reason: reason === '' ? undefined : reason, password: given }),
  )
}

/** What a message to the room asks it to pass on: invitations, or their being declined. */
export function invitesOf(stanza: Stanza): readonly Element[] {
  return stanza.child('x', MUC.user)?.childrenNamed('invite') ?? []
}

/**
 * Invites in the name of an occupant, or throws StanzaError. The changes are memberships that follow from it in a
 * members-only room; they are to be stored and applied with it.
 */
export function invite(room: Room, stanza: Stanza, out: Outbox): Change[] {
  const from = stanza.from as Jid
  const inviter = requireOccupant(room, from)
  const isAdmin = isAtLeast(inviter.affiliation, 'admin')
  const mayInvite = room.config.allowInvites || (room.config.membersOnly ? isAdmin : inviter.role === 'moderator')
  if (!mayInvite) throw new StanzaError('forbidden', { text: 'Invitations are not allowed in this conference' })
  const invites = invitesOf(stanza)
  if (invites.length > maxInvitees) throw new StanzaError('policy-violation', { text: 'Too many people at once' })
  return invites.flatMap((each) => inviteOne(room, stanza, each, out))
}

function inviteOne(room: Room, stanza: Stanza, element: Element, out: Outbox): Change[] {
  const from = stanza.from as Jid
  const invitee = Jid.tryParse(element.attr('to') ?? '')
  if (invitee === undefined) throw new StanzaError('jid-malformed', { text: 'Nobody is invited' })
  const reason = element.childText('reason') ?? ''
  const invitation = invitationTo(room, { from, reason, continues: element.child('continue') })
  out.send(invitation.onBehalfOf(stanza), invitee)
  out.tell({ kind: 'invited', by: from, invitee, reason })
  const isStranger = room.config.membersOnly && room.affiliationOf(invitee) === 'none'
  if (!isStranger) return []
  return [
    {
      kind: 'affiliation',
      before: 'none',
      entry: { jid: invitee.bare, affiliation: 'member', reason, nick: '' },
      isInvited: true,
    },
  ]
}

/** Passes on that somebody does not come; that may come from outside (XEP-0045 §7.8.2). */
export function decline(stanza: Stanza, element: Element): Stanza {
  const to = Jid.tryParse(element.attr('to') ?? '')
  if (to === undefined) throw new StanzaError('jid-malformed', { text: 'Nobody is answered' })
  const reason = element.childText('reason')
  const x = el(
    'x',
    MUC.user,
    el(
      'decline',
      MUC.user,
      { from: stanza.from?.full },
      reason === undefined ? undefined : el('reason', MUC.user, reason),
    ),
  )
  return Stanza.make('message', { from: stanza.to, to }, x).onBehalfOf(stanza)
}
