import { randomBytes } from 'node:crypto'
import type { Jid } from '../../../jid/jid.ts'
import type { FileAddress } from '../../../net/upload-route.ts'
import { mustAccept } from '../../../storage/must-accept.ts'
import { KeyedMailbox } from '../../../util/mailbox.ts'
import type { Slot, SlotSource, SlotTerms, WantedFile } from '../api.ts'
import type { FileParts } from './parts.ts'
import { mustHaveRoom } from './quota.ts'
import { fileUrl, signedQuery } from './signed-address.ts'

/** Slots in the folder of this server. Each is noted until its file has come or its time is over. */
export class FileSlots implements SlotSource {
  readonly #parts: FileParts
  /** Requests of one account one after another, so that they do not exceed its limits together. */
  readonly #accounts = new KeyedMailbox()

  constructor(parts: FileParts) {
    this.#parts = parts
  }

  async slot(file: WantedFile, terms: SlotTerms): Promise<Slot> {
    mustAccept(this.#parts.db)
    const { owner } = terms
    if (owner === undefined) return this.#make(file, terms)
    return this.#accounts.run(owner.bareString, async () => {
      await this.#checkRoom(owner, file.size)
      return this.#make(file, terms)
    })
  }

  async #checkRoom(user: Jid, size: number): Promise<void> {
    const { store, clock, limits, limitReached } = this.#parts
    const refused = (limit: string) => limitReached(limit, { jid: user.bareString })
    await mustHaveRoom({ user, size, now: clock.now() }, store, limits(), refused)
  }

  async #make({ filename, size, contentType }: WantedFile, { owner, domain, lifetime }: SlotTerms): Promise<Slot> {
    const { store, clock, key, limits } = this.#parts
    const { url, token_bytes } = limits()
    const token = randomBytes(token_bytes).toString('hex')
    const user = owner?.local ?? ''
    const createdAt = clock.now()
    const until = createdAt + lifetime * 1000
    const address: FileAddress = { domain, token, name: filename }
    await store.expect({
      ...{ token, domain, username: user, filename, size, contentType },
      ...{ createdAt, expiresAt: until },
    })
    const get = fileUrl(url, address)
    return { put: `${get}?${signedQuery({ ...address, size, contentType, user, until }, key)}`, get }
  }
}
