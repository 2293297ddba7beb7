import type { HttpListener } from '../config/schema.ts'
import { invitesApi, type ShownInvitation } from '../modules/invites/api.ts'
import type { HttpRoute } from '../net/http-exchange.ts'
import { invitePageRoute } from '../net/invite-page.ts'
import type { ListenerParts } from './port.ts'

/** The pages of invitations on a listener. */
export function inviteRoutes(
  handlers: HttpListener['handlers'],
  { modules }: Pick<ListenerParts, 'modules'>,
): HttpRoute[] {
  const find = (token: string) => invitationOf(token, modules)
  return (handlers.invite_handler ?? []).map(({ host, path, clients }) =>
    invitePageRoute({ host, path, clients, find }),
  )
}

/** The invitation of a token, on whichever host. */
async function invitationOf(token: string, modules: ListenerParts['modules']): Promise<ShownInvitation | undefined> {
  for (const each of modules.running) {
    const found = await each.modules.find(invitesApi)?.look(token)
    if (found !== undefined) return found
  }
  return undefined
}
