import { createHash } from 'node:crypto'
import type { Jid } from '../../../jid/jid.ts'
import type { Host } from '../../../router/host.ts'
import type { Session } from '../../../router/session.ts'
import type { Stanza } from '../../../stanza/stanza.ts'
import { Lru } from '../../../util/lru.ts'
import { KeyedMailbox } from '../../../util/mailbox.ts'
import { afterwards, type Eventually } from '../../../util/settled.ts'
import { Element, el } from '../../../xml/element.ts'
import type { VcardApi } from '../../vcard/api.ts'
import type { PersonalNodeChanged, PersonalNodesApi } from '../api.ts'

export const avatarFeature = 'urn:xmpp:pep-vcard-conversion:0'
export const dataNode = 'urn:xmpp:avatar:data'
export const metadataNode = 'urn:xmpp:avatar:metadata'
const vcardNs = 'vcard-temp'
const updateNs = 'vcard-temp:x:update'

/** Accounts whose picture is known by its hash. */
const rememberedHashes = 50_000

/** A picture as vCards have it. */
interface Photo {
  readonly type: string
  readonly bytes: Buffer
  /** SHA-1, in hexadecimal. */
  readonly hash: string
}

/** Keeps the picture of the vCard (XEP-0153) and the avatar of the account (XEP-0084) the same (XEP-0398). */
export class Avatars {
  readonly #host: Host
  readonly #nodes: PersonalNodesApi
  readonly #vcards: () => VcardApi | undefined
  /** By account: the hash of the picture in the vCard, '' for a card without, null where there is no card. */
  readonly #hashes = new Lru<string, string | null>(rememberedHashes)
  readonly #lane = new KeyedMailbox('lane')

  constructor(host: Host, nodes: PersonalNodesApi, vcards: () => VcardApi | undefined) {
    this.#host = host
    this.#nodes = nodes
    this.#vcards = vcards
  }

  /** An avatar has been published: it becomes the picture of the vCard, if everybody may see it. */
  async published({ account, node, payload }: PersonalNodeChanged): Promise<void> {
    if (node !== metadataNode) return
    if (payload === undefined) await this.#lane.run(account.full, () => this.#takenBack(account))
    else if (payload.is('metadata', metadataNode))
      await this.#lane.run(account.full, () => this.#toCard(account, payload))
  }

  /** An item is gone, or the node with all of them: without any there is no picture. */
  async #takenBack(account: Jid): Promise<void> {
    const last = await this.#nodes.last(account, metadataNode)
    if (last !== undefined) {
      if (last.payload.is('metadata', metadataNode)) await this.#toCard(account, last.payload)
      return
    }
    const vcards = this.#vcards()
    const card = await vcards?.get(account)
    if (card !== undefined && photoIn(card) !== undefined) await vcards?.set(account, withPhoto(card, undefined))
  }

  async #toCard(account: Jid, metadata: Element): Promise<void> {
    const vcards = this.#vcards()
    if (vcards === undefined || !(await this.#nodes.isOpen(account, metadataNode))) return
    const info = metadata
      .childrenNamed('info')
      .find((one) => one.attr('url') === undefined && one.attr('id') !== undefined)
    const photo = info === undefined ? undefined : await this.#publishedPhoto(account, info)
    // Metadata that speaks of a picture elsewhere, or of one that is not there, changes nothing.
    if (photo === undefined && metadata.elements().length > 0) return
    const card = (await vcards.get(account)) ?? el('vCard', vcardNs)
    if (photoIn(card)?.hash === photo?.hash) return
    await vcards.set(account, withPhoto(card, photo))
  }

  async #publishedPhoto(account: Jid, info: Element): Promise<Photo | undefined> {
    const id = info.attr('id') ?? ''
    if (!(await this.#nodes.isOpen(account, dataNode))) return undefined
    const item = await this.#nodes.item(account, dataNode, id)
    const photo = item === undefined ? undefined : photoOf(info.attr('type') ?? 'image/png', item.payload.text())
    return photo?.hash === id.toLowerCase() ? photo : undefined
  }

  /** A user has another vCard: its picture becomes the avatar. */
  async cardSet(account: Jid, card: Element): Promise<void> {
    const photo = photoIn(card)
    const hash = photo?.hash ?? ''
    const before = this.#hashes.get(account.full)
    this.#hashes.set(account.full, hash)
    if (before === undefined || (before ?? '') !== hash) this.#showAgain(account)
    const known = await this.#nodes.last(account, metadataNode)
    const shown = known?.payload.child('info')?.attr('id')
    if (shown === photo?.hash) return
    await this.#publish(account, photo)
  }

  async #publish(account: Jid, photo: Photo | undefined): Promise<void> {
    if (photo === undefined) {
      await this.#nodes.publish(
        account,
        metadataNode,
        { id: 'none', payload: el('metadata', metadataNode) },
        'everybody',
      )
      return
    }
    const { hash, bytes, type } = photo
    const data = el('data', dataNode, bytes.toString('base64'))
    await this.#nodes.publish(account, dataNode, { id: hash, payload: data }, 'everybody')
    const info = el('info', metadataNode, { bytes: String(bytes.length), id: hash, type })
    await this.#nodes.publish(
      account,
      metadataNode,
      { id: hash, payload: el('metadata', metadataNode, info) },
      'everybody',
    )
  }

  /**
   * Presence with the hash of the picture, unless the client speaks for itself (XEP-0398 §4). That there is no picture, any more or
   * yet, is said for who has a card or wants it said: whoever has seen one keeps it until then (XEP-0153 §3.2).
   */
  stamped(session: Session, presence: Stanza): Eventually<Stanza> {
    if (presence.child('x', updateNs)?.child('photo') !== undefined) return presence
    return afterwards(this.#hashOf(session.jid.bare), (hash) => {
      if (hash === null && !presence.has('x', updateNs)) return presence
      const plain = presence.without(({ name, ns }) => name === 'x' && ns === updateNs)
      return plain.append(el('x', updateNs, el('photo', updateNs, hash === null || hash === '' ? undefined : hash)))
    })
  }

  #hashOf(account: Jid): Eventually<string | null> {
    const known = this.#hashes.get(account.full)
    if (known !== undefined) return known
    const reading = this.#vcards()?.get(account)
    if (reading === undefined) return null
    return reading.then((card) => {
      const hash = card === undefined ? null : (photoIn(card)?.hash ?? '')
      this.#hashes.set(account.full, hash)
      return hash
    })
  }

  /** Contacts learn of another picture from presence. */
  #showAgain(account: Jid): void {
    for (const session of this.#host.sessions.of(account)) {
      const { presence } = session
      if (presence === undefined) continue
      void session.receive(presence.without(({ name, ns }) => name === 'x' && ns === updateNs))
    }
  }

  /** An account is gone. */
  forget(account: Jid): void {
    this.#hashes.delete(account.full)
  }
}

function photoIn(card: Element): Photo | undefined {
  const photo = card.child('PHOTO')
  const text = photo?.childText('BINVAL')
  return text === undefined ? undefined : photoOf(photo?.childText('TYPE')?.trim() ?? 'image/png', text)
}

function photoOf(type: string, base64: string): Photo | undefined {
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.length === 0) return undefined
  return { type, bytes, hash: createHash('sha1').update(bytes).digest('hex') }
}

function withPhoto(card: Element, photo: Photo | undefined): Element {
  const others = card.children.filter((child) => !(child instanceof Element && child.is('PHOTO', vcardNs)))
  if (photo === undefined) return card.withChildren(others)
  const type = el('TYPE', vcardNs, photo.type)
  const content = el('BINVAL', vcardNs, photo.bytes.toString('base64'))
  return card.withChildren([...others, el('PHOTO', vcardNs, type, content)])
}
