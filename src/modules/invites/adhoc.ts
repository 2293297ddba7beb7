import type { Host } from '../../router/host.ts'
import { formatTimestamp } from '../../stanza/delay.ts'
import type { AdhocCall, AdhocCommand, AdhocResult } from '../adhoc/api.ts'
import type { InvitationLink } from './api.ts'
import type { Inviter } from './inviter.ts'

/** Who may invite; read whenever somebody does. */
export interface InviteAccess {
  readonly access: string
  readonly account_access: string
}

/** The commands by which users make invitations (XEP-0401 §2). */
export function inviteAdhoc(host: Host, inviter: Inviter, options: InviteAccess): readonly AdhocCommand[] {
  const isAllowed = (rule: string, { from, to }: AdhocCall) =>
    host.domains.has(from.domain) && host.access.allows(rule, from, to.domain)
  const mayAdd = (call: AdhocCall) => isAllowed(options.account_access, call)
  const invite: AdhocCommand = {
    node: 'urn:xmpp:invite#invite',
    name: 'Invite user',
    isFor: (call) => isAllowed(options.access, call),
    run: async (call) => shown(await inviter.inviteContact(call.from.bare, mayAdd(call))),
  }
  const createAccount: AdhocCommand = {
    node: 'urn:xmpp:invite#create-account',
    name: 'Create account',
    isFor: mayAdd,
    run: ({ from, to }) => ({
      form: {
        fields: [
          { var: 'username', type: 'text-single', label: 'Username' },
          { var: 'roster-subscription', type: 'boolean', label: 'Roster subscription' },
        ],
      },
      async next(form) {
        const link = await inviter.inviteToRegister({
          domain: to.domain,
          inviter: from.bare,
          username: form.value('username') ?? '',
          makesContacts: form.boolean('roster-subscription') ?? false,
        })
        return shown(link)
      },
    }),
  }
  return [invite, createAccount]
}

/** The result of both commands (XEP-0401 §3). */
function shown({ uri, landingUrl, expires }: InvitationLink): AdhocResult {
  const landing =
    landingUrl === undefined ? [] : [{ var: 'landing-url', type: 'text-single', values: [landingUrl] } as const]
  return {
    form: {
      formType: 'urn:xmpp:invite#invitation',
      fields: [
        { var: 'uri', type: 'text-single', values: [uri] },
        ...landing,
        { var: 'expire', type: 'text-single', values: [formatTimestamp(expires)] },
      ],
    },
  }
}
