import { z } from 'zod'
import { defineModule } from '../module/define.ts'
import type { IqHandler } from '../router/iq-registry.ts'
import { StanzaError } from '../stanza/stanza-error.ts'
import { printableAddress } from '../util/ip-address.ts'
import { el } from '../xml/element.ts'

const NS = 'urn:xmpp:sic:1'

export default defineModule({
  name: 'mod_sic',
  about: 'Tells a client the address from which it is connected.',
  xeps: [{ xep: 279, version: '0.2' }],
  inCluster: true,
  options: z.strictObject({}),
  setup({ iq }) {
    const answer: IqHandler = (_request, session) => {
      // Whoever asks from another server, or is gone by now, has no connection here.
      if (session === undefined || session.info.address === '') throw new StanzaError('internal-server-error')
      const { address, port } = session.info
      return el('address', NS, el('ip', NS, printableAddress(address)), el('port', NS, String(port)))
    }
    iq.server('get', NS, 'address', answer)
    iq.account('get', NS, 'address', answer)
  },
})
