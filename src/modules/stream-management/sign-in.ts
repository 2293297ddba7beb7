import type { ModuleContext } from '../../module/context.ts'
import { streamAsks, streamFeatures } from '../../router/events.ts'
import { bind2Enables, bind2Features, sasl2Features, sasl2Succeeds } from '../../router/sign-in-events.ts'
import { el } from '../../xml/element.ts'
import type { Resumed, StreamDesk } from './desk.ts'
import { failed, NS } from './nonza.ts'

/** Lets streams be resumed, and accounting begin, while somebody signs in: RFC 6120's way, SASL2's and Bind 2's. */
export function joinSignIn(
  on: ModuleContext['on'],
  desk: StreamDesk,
  count: (outcome: 'resumed' | 'refused') => void,
): void {
  const counted = (result: Resumed): Resumed => {
    count(result.session === undefined ? 'refused' : 'resumed')
    return result
  }

  // Before authentication @xmpp/client would take it for an invitation.
  on(streamFeatures, 'main', ({ state }) => (state === 'signedIn' ? el('sm', NS) : undefined))
  on(streamAsks, 'main', async ({ element, user, link, info }) => {
    if (element.ns !== NS) return undefined
    if (element.name !== 'resume' || user === undefined) return { replies: [failed('unexpected-request')] }
    const { answer, session } = counted(await desk.resume({ user, element, link, info }))
    return session === undefined ? { replies: [answer] } : { replies: [answer], session }
  })

  on(sasl2Features, 'main', () => el('sm', NS))
  on(sasl2Succeeds, 'resume', async (login) => {
    const element = login.login.request.element.child('resume', NS)
    if (element === undefined) return undefined
    const { link, info } = login
    const { answer, session } = counted(await desk.resumeInline({ user: login.login.user, element, link, info }))
    if (session !== undefined) login.resume(session)
    return answer
  })

  on(bind2Features, 'main', () => NS)
  on(bind2Enables, 'main', ({ session, request }) => {
    const element = request.child('enable', NS)
    return element === undefined ? undefined : desk.enable(session, element)
  })
}
