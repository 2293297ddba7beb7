import { z } from 'zod'
import { dataBackend, hostTemplate, intOrInfinity, noEffect, notBuilt } from '../../config/option.ts'

const ldap = 'vCards from LDAP'
const old = 'it had an effect in old releases only'

export const options = z.strictObject({
  backend: dataBackend('mnesia', 'rdbms', 'riak', { name: 'ldap', gives: ldap }),
  host: hostTemplate()
    .default('vjud.@HOST@')
    .describe('Address of the user directory; `@HOST@` stands for the domain.')
    .meta({ reload: 'restart' }),
  search: z
    .boolean()
    .default(true)
    .describe('Offer a directory in which users are found by what their cards say.')
    .meta({ reload: 'restart' }),
  matches: intOrInfinity().default(30).describe('Most users that a search finds.'),
  ldap: notBuilt(ldap),
  ldap_pool_tag: notBuilt(ldap),
  ldap_base: notBuilt(ldap),
  ldap_filter: notBuilt(ldap),
  ldap_uids: notBuilt(ldap),
  ldap_deref: notBuilt(ldap),
  ldap_vcard_map: notBuilt(ldap),
  ldap_search_fields: notBuilt(ldap),
  ldap_search_reported: notBuilt(ldap),
  ldap_search_operator: notBuilt(ldap),
  ldap_binary_search_fields: notBuilt(ldap),
  riak: noEffect(z.looseObject({}), 'data is kept in the database of the server'),
  allow_return_all: noEffect(z.boolean(), old),
  search_all_hosts: noEffect(z.boolean(), old),
})
