import { domainName, integer, localPart, word } from '../argument.ts'
import { found, operation } from '../operation.ts'

const days = integer('number of days', 0)

/** Inboxes. */
export const inboxOperations = [
  operation({
    name: 'flush_user_bin',
    method: 'DELETE',
    paths: ['/inbox/:domain/:user/:days/bin'],
    about: 'Deletes what an account has in its bin; tells how many conversations that were.',
    arguments: { domain: domainName(), user: localPart('user name'), days },
    run: async ({ domain, user, days: age }, { run }) =>
      found(await run('inbox.flushUserBin', { user: `${user}@${domain}`, days: age })),
  }),
  operation({
    name: 'flush_global_bin',
    method: 'DELETE',
    paths: ['/inbox/:hostType/:days/bin'],
    about: 'Deletes what all accounts of a host type have in their bins; tells how many conversations that were.',
    arguments: { hostType: word('host type'), days },
    run: async ({ hostType, days: age }, { run }) => found(await run('inbox.flushGlobalBin', { hostType, days: age })),
  }),
]
