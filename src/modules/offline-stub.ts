import { z } from 'zod'
import { defineModule } from '../module/define.ts'
import { offline } from '../router/events.ts'

export default defineModule({
  name: 'mod_offline_stub',
  about: 'Spares senders the error when nobody is there and an archive keeps the message.',
  xeps: [],
  options: z.strictObject({}),
  setup({ on }) {
    on(offline, 'stub', ({ stanza }) => (stanza.type === 'groupchat' ? undefined : 'dropped'))
  },
})
