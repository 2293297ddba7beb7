import { defineModule } from '../../module/define.ts'
import { sharedContacts } from '../roster/api.ts'
import { DirectoryGroups } from './groups.ts'
import { options } from './options.ts'

export default defineModule({
  name: 'mod_shared_roster_ldap',
  about: 'Makes the members of groups in an LDAP directory contacts of each other.',
  xeps: [],
  options,
  needs: ['mod_roster'],
  staticOnly: true,
  async setup({ options, pools, on, accounts, clock, log }) {
    const pool = await pools.ldap(options.pool_tag)
    const groups = new DirectoryGroups({
      options,
      search: (search) => pool.search(search),
      hasAccount: (user) => accounts.exists(user),
      now: () => clock.now(),
      failed: (reason) => log.warn({ what: 'shared_roster_unavailable', reason }),
    })
    on(sharedContacts, 'main', ({ account }) => groups.contactsOf(account))
  },
})
