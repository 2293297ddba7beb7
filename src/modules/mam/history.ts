import { Jid } from '../../jid/jid.ts'
import { Stanza } from '../../stanza/stanza.ts'
import { formatStanzaId } from '../../stanza/stanza-id.ts'
import type { ArchivedStanza, HistoryRequest } from './api.ts'
import type { Archive } from './archive.ts'
import { noLaterId } from './message-id.ts'

/** The last messages of an archive, oldest first, for those who are no XMPP clients. */
export async function historyOf(archive: Archive, owner: Jid, request: HistoryRequest): Promise<ArchivedStanza[]> {
  await archive.settled(false)
  const number = await archive.addresses.find(owner.bareString)
  const remote = request.with === undefined ? undefined : await archive.addresses.find(request.with.bareString)
  if (number === undefined || (request.with !== undefined && remote === undefined)) return []
  const resource = request.with === undefined || request.with.resource === '' ? undefined : request.with.resource
  const before = request.before ?? Math.floor(noLaterId / 1000)
  const { messages } = await archive.page({
    filter: { archive: number, remote, resource, withoutGroupchat: false, from: 0, to: before * 1000 - 1 },
    mustExist: [],
    max: request.limit,
    before: 'end',
    isSimple: true,
  })
  return messages.flatMap(({ id, bytes }) => {
    const stanza = readable(bytes)
    return stanza === undefined ? [] : [{ id: formatStanzaId(id), at: Math.floor(id / 1000), stanza }]
  })
}

function readable(bytes: Uint8Array): Stanza | undefined {
  try {
    return Stanza.fromBytes(bytes, Jid.parse)
  } catch {
    return undefined
  }
}
