import { domainName, localPart, word } from '../argument.ts'
import { done, found, operation } from '../operation.ts'

const host = domainName()

/** Sessions. */
export const sessionOperations = [
  operation({
    name: 'list_sessions',
    method: 'GET',
    paths: ['/sessions/:host', '/sessions'],
    about: 'Lists the sessions of a domain.',
    arguments: { host },
    async run({ host: domain }, { run }) {
      const sessions = await run<{ user: string }[]>('session.listSessions', { domain })
      return found(sessions.map(({ user }) => user).sort())
    },
  }),
  operation({
    name: 'kick_session',
    method: 'DELETE',
    paths: ['/sessions/:host/:user/:res', '/sessions'],
    about: 'Ends a session.',
    arguments: { host, user: localPart('user name'), res: word('resource') },
    async run({ host: domain, user, res }, { run, mayBeGone }) {
      await mayBeGone('no_session', run('session.kickUserSession', { user: `${user}@${domain}/${res}` }))
      return done
    },
  }),
]
