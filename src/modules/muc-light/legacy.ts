import { Jid } from '../../jid/jid.ts'
import { formElement, readSubmittedForm } from '../../stanza/data-form.ts'
import { NS } from '../../stanza/namespaces.ts'
import { Stanza } from '../../stanza/stanza.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { type Element, el } from '../../xml/element.ts'
import { type BlockChange, type Blocked, blockChange } from './blocking.ts'
import { LIGHT } from './core/namespaces.ts'
import { type RawConfig, showConfig } from './core/schema.ts'
import type { Dialect, DialectPoint } from './dialect.ts'
import { itemElement, legacyNotices } from './legacy-notices.ts'
import type { LightDesk } from './light-desk.ts'
import { causeOf, readAffiliation } from './requests.ts'

/** The same rooms for clients that know XEP-0045 only (`legacy_mode`). */
export const legacy: Dialect = {
  name: 'MUC Light (legacy)',
  ns: LIGHT.muc,
  showsVersions: false,
  notices: legacyNotices,
  answer(point, desk) {
    answerOwners(point, desk)
    answerAdmins(point, desk)
    answerPrivacy(point, desk)
  },
  presence(stanza, desk) {
    const isCreation = stanza.type === '' && stanza.to?.isFull === true && stanza.has('x', LIGHT.muc)
    return isCreation ? enter(stanza, desk) : undefined
  },
  subjectOf: (message) =>
    message.index.length === 1 && message.has('subject') ? message.child('subject')?.text() : undefined,
}

/** Who enters a room makes it; nobody needs to enter one that is there. */
async function enter(stanza: Stanza, desk: LightDesk): Promise<void> {
  const { from, to } = stanza as Stanza & { from: Jid; to: Jid }
  try {
    await desk.create({ jid: to.bare, config: [], occupants: [] }, from, stanza.id ?? '')
  } catch (error) {
    if (!(error instanceof StanzaError)) throw error
    const refusal = new StanzaError('registration-required')
    const head = { type: 'error', id: stanza.id, from: to, to: from }
    desk.parts.host.router.post(Stanza.make('presence', head, el('x', LIGHT.muc), refusal.toElement()))
  }
}

function answerOwners({ room: iq }: DialectPoint, desk: LightDesk): void {
  const { schema } = desk.parts
  iq('get', LIGHT.owner, 'query', async ({ from, to }) => {
    const { config } = await desk.seenBy(to, from)
    const fields = showConfig(schema, config).map(
      ([name, value]) => ({ var: name, type: 'text-single', values: [value] }) as const,
    )
    return el('query', LIGHT.owner, formElement({ type: 'form', formType: LIGHT.roomConfig, fields }))
  })
  iq('set', LIGHT.owner, 'query', ({ from, to, payload, stanza }) => {
    const cause = causeOf(from, stanza.id)
    if (payload.child('destroy') !== undefined) return desk.destroy(to, cause)
    return desk.configure(to, readSettings(payload.child('x', NS.forms)), cause)
  })
}

function answerAdmins({ room: iq }: DialectPoint, desk: LightDesk): void {
  iq('get', LIGHT.admin, 'query', async ({ from, to, payload }) => {
    const { occupants } = await desk.seenBy(to, from)
    if (payload.child('item') === undefined) throw new StanzaError('bad-request')
    return el(
      'query',
      LIGHT.admin,
      [...occupants.values()].map((occupant) => itemElement(LIGHT.admin, occupant)),
    )
  })
  iq('set', LIGHT.admin, 'query', ({ from, to, payload, stanza }) => {
    const changes = payload
      .childrenNamed('item')
      .map((item) => readAffiliation(item.attr('jid') ?? '', item.attr('affiliation')))
    return desk.changeAffiliations(to, changes, causeOf(from, stanza.id))
  })
}

/** Blocking lists look like a privacy list (XEP-0016). */
function answerPrivacy({ service: iq }: DialectPoint, desk: LightDesk): void {
  const { service } = desk.parts
  iq('get', LIGHT.privacy, 'query', async ({ from }) => {
    const blocked = await desk.blocking.list(from.bare)
    const items = blocked.map((each) =>
      el('item', LIGHT.privacy, { type: 'jid', value: itemValue(each, service), action: 'deny', order: '1' }),
    )
    return el('query', LIGHT.privacy, el('list', LIGHT.privacy, { name: LIGHT.main }, items))
  })
  iq('set', LIGHT.privacy, 'query', async ({ from, payload }) => {
    const list = payload.child('list')
    if (list?.attr('name') !== LIGHT.main) throw new StanzaError('bad-request')
    await desk.blocking.change(
      from.bare,
      list.elements().map((item) => readItem(item, service)),
    )
  })
}

function readSettings(x: Element | undefined): RawConfig {
  const { fields } = readSubmittedForm(x, LIGHT.roomConfig)
  return fields.flatMap(({ var: name, values = [] }) =>
    name === undefined || name === 'FORM_TYPE' ? [] : [[name, values[0] ?? ''] as const],
  )
}

function itemValue({ kind, jid }: Blocked, service: Jid): string {
  return kind === 'room' ? jid.full : `${service.domain}/${jid.full}`
}

function readItem(item: Element, service: Jid): BlockChange {
  const value = Jid.tryParse(item.attr('value') ?? '')
  if (item.name !== 'item' || item.attr('type') !== 'jid' || value === undefined) throw new StanzaError('bad-request')
  const isUser = value.local === '' && value.domain === service.domain
  return isUser
    ? blockChange('user', value.resource, item.attr('action'))
    : blockChange('room', value.bareString, item.attr('action'))
}
