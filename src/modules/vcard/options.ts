import { z } from 'zod'
import { hostTemplate, intOrInfinity, noEffect } from '../../config/option.ts'
import { ldapOptions } from './ldap/options.ts'

const backend = z
  .enum(['mnesia', 'rdbms', 'riak', 'ldap'])
  .default('rdbms')
  .describe(
    'Where cards are: in the database of the server (`mnesia` and `riak` mean that too), or in an LDAP directory.',
  )
  .meta({ reload: 'restart' })

const old = 'it had an effect in old releases only'

export const options = z.strictObject({
  backend,
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
  ldap: ldapOptions.prefault({}).describe('How an LDAP directory is asked, with the backend `ldap`.'),
  riak: noEffect(z.looseObject({}), 'data is kept in the database of the server'),
  allow_return_all: noEffect(z.boolean(), old),
  search_all_hosts: noEffect(z.boolean(), old),
})
