import { z } from 'zod'
import { serverSecret } from '../../auth/secrets.ts'
import { defineModule } from '../../module/define.ts'
import type { Session } from '../../router/session.ts'
import { replaceSession } from '../../router/session-opener.ts'
import {
  bind2Bound,
  bind2Enables,
  bind2Features,
  type Sasl2Succeeds,
  sasl2Features,
  sasl2Succeeds,
} from '../../router/sign-in-events.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { type Element, el } from '../../xml/element.ts'
import { resourceFor } from './resource.ts'

const NS = 'urn:xmpp:bind:0'

export default defineModule({
  name: 'mod_bind2',
  about: 'Binds a resource, and enables features of the session, in the same step as authentication.',
  xeps: [{ xep: 386, version: '1.1.0' }],
  inCluster: true,
  options: z.strictObject({}),
  needs: ['mod_sasl2'],
  async setup({ host, on, db, log, sessions }) {
    const { hooks } = host
    const secret = await serverSecret(db.of(), 'bind2_resource')

    on(sasl2Features, 'main', (offer) => {
      const names = hooks.gatherNow(bind2Features, offer)
      const features = names.map((name) => el('feature', NS, { var: name }))
      return el('bind', NS, el('inline', NS, features))
    })

    on(sasl2Succeeds, 'bind', async (login) => {
      const request = login.login.request.element.child('bind', NS)
      if (request === undefined || login.isResumed) return undefined
      try {
        return await bind(login, request)
      } catch (error) {
        if (!(error instanceof StanzaError)) log.error({ what: 'bind2_failed', reason: error })
        return el('failed', NS)
      }
    })

    async function bind({ login, open }: Sasl2Succeeds, request: Element): Promise<Element> {
      const { agent } = login.request
      const resource = resourceFor(login.user, request.childText('tag') ?? '', agent, secret)
      let enabled: Element[] = []
      const prepare = (session: Session): void => {
        enabled = hooks.gatherNow(bind2Enables, { session, request })
      }
      const session = await open({ resource, prepare })
      await endOlder(session)
      return el('bound', NS, enabled, await hooks.gather(bind2Bound, { session, request }))
    }

    /** A program that comes back has lost its older sessions (XEP-0386 §4). */
    async function endOlder(session: Session): Promise<void> {
      const id = session.info.agent?.id ?? ''
      if (id === '') return
      for (const other of sessions.of(session.jid)) {
        if (other !== session && other.info.agent?.id === id) await replaceSession(other)
      }
    }
  },
})
