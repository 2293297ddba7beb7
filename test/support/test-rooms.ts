import { z } from 'zod'
import { Jid } from '../../src/jid/jid.ts'
import { defineModule } from '../../src/module/define.ts'
import { smartMarkersApi } from '../../src/modules/smart-markers/api.ts'
import { roomAccess } from '../../src/router/events.ts'

/** Who is in the room `hall@rooms.localhost`, by bare address. */
export const members = new Set<string>()

/** A room, the least that others need of one: whom it belongs to, and that it sends on what its members say. */
export const testRooms = defineModule({
  name: 'mod_test_rooms',
  about: 'A room.',
  xeps: [],
  options: z.strictObject({}),
  needs: ['mod_smart_markers'],
  setup({ on, router, onStop, use, iq }) {
    const isHall = (room: Jid) => room.bareString === 'hall@rooms.localhost'
    const receive = (stanza: Parameters<typeof router.route>[0]): undefined => {
      const nick = stanza.from?.bareString ?? ''
      const from = stanza.to?.bare.withResource(nick)
      for (const member of members) router.post(stanza.readdressed(from, Jid.parse(member)))
    }
    onStop(router.addService('rooms.localhost', { parent: 'localhost', receive }))
    on(roomAccess, 'main', ({ room, user }) => {
      if (!isHall(room)) return undefined
      return members.has(user.bareString) ? 'member' : 'stranger'
    })
    const hall = Jid.parse('hall@rooms.localhost')
    iq.account('set', 'urn:test:rooms', 'leave', ({ from }) => use(smartMarkersApi).forgetRoom(hall, from.bare))
    iq.account('set', 'urn:test:rooms', 'destroy', () => use(smartMarkersApi).forgetRoom(hall))
  },
})
