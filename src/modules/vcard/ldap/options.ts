import { z } from 'zod'
import { ldapDeref, ldapFilter } from '../../../config/ldap-option.ts'
import { oneOf } from '../../../config/option.ts'

/** An option with the name that it had until MongooseIM 5.0, one table further out. */
const restart = (name: string, more: Record<string, unknown> = {}) => ({
  reload: 'restart' as const,
  aliases: [`../ldap_${name}`],
  ...more,
})

const plain = { reload: 'restart' as const }
const text = (about: string) => z.string().describe(about).meta(plain)

/** Each field of a card: what is written into it, and the attributes that it is made of. */
const usualMap: readonly (readonly [string, string, readonly string[]])[] = [
  ['NICKNAME', '%u', []],
  ['FN', '%s', ['displayName']],
  ['FAMILY', '%s', ['sn']],
  ['GIVEN', '%s', ['givenName']],
  ['MIDDLE', '%s', ['initials']],
  ['ORGNAME', '%s', ['o']],
  ['ORGUNIT', '%s', ['ou']],
  ['CTRY', '%s', ['c']],
  ['LOCALITY', '%s', ['l']],
  ['STREET', '%s', ['street']],
  ['REGION', '%s', ['st']],
  ['PCODE', '%s', ['postalCode']],
  ['TITLE', '%s', ['title']],
  ['URL', '%s', ['labeleduri']],
  ['DESC', '%s', ['description']],
  ['TEL', '%s', ['telephoneNumber']],
  ['EMAIL', '%s', ['mail']],
  ['BDAY', '%s', ['birthDay']],
  ['ROLE', '%s', ['employeeType']],
  ['PHOTO', '%s', ['jpegPhoto']],
]

const usualSearch: readonly (readonly [string, string])[] = [
  ['User', '%u'],
  ['Full Name', 'displayName'],
  ['Given Name', 'givenName'],
  ['Middle Name', 'initials'],
  ['Family Name', 'sn'],
  ['Nickname', '%u'],
  ['Birthday', 'birthDay'],
  ['Country', 'c'],
  ['City', 'l'],
  ['Email', 'mail'],
  ['Organization Name', 'o'],
  ['Organization Unit', 'ou'],
]

const usualReported: readonly (readonly [string, string])[] = [
  ['Full Name', 'FN'],
  ['Given Name', 'FIRST'],
  ['Middle Name', 'MIDDLE'],
  ['Family Name', 'LAST'],
  ['Nickname', 'NICK'],
  ['Birthday', 'BDAY'],
  ['Country', 'CTRY'],
  ['City', 'LOCALITY'],
  ['Email', 'EMAIL'],
  ['Organization Name', 'ORGNAME'],
  ['Organization Unit', 'ORGUNIT'],
]

export const ldapOptions = z.strictObject({
  pool_tag: z
    .string()
    .default('default')
    .describe('Pool of `outgoing_pools.ldap` that is asked.')
    .meta(restart('pool_tag', { poolType: 'ldap', poolOfBackend: 'ldap' })),
  base: z
    .string()
    .default('')
    .describe('Entry below which users are looked for.')
    .meta(restart('base', { example: 'ou=Users,dc=example,dc=org' })),
  filter: z
    .union([z.literal(''), ldapFilter()])
    .default('')
    .describe('What a user’s entry must fit besides.')
    .meta(restart('filter', { example: '(objectClass=inetOrgPerson)' })),
  uids: z
    .array(
      z.strictObject({
        attr: text('Attribute that names the user.'),
        format: z
          .string()
          .refine((value) => value.split('%u').length === 2, { error: 'Expected a text that contains %u once.' })
          .default('%u')
          .describe('What it holds; `%u` is the local part, `%d` the domain.')
          .meta(plain),
      }),
    )
    .min(1)
    .default([{ attr: 'uid', format: '%u' }])
    .describe('Attributes that may name a user.')
    .meta(restart('uids')),
  deref: ldapDeref().meta(restart('deref')),
  vcard_map: z
    .array(
      z.strictObject({
        vcard_field: text('Field of the card.'),
        ldap_pattern: text('What it says: `%u` local part, `%d` domain, `%s` the value of the attribute.'),
        ldap_field: text('The attribute; empty for none.'),
      }),
    )
    .default(
      usualMap.map(([vcard_field, ldap_pattern, [ldap_field = '']]) => ({ vcard_field, ldap_pattern, ldap_field })),
    )
    .describe('How a card is put together.')
    .meta(restart('vcard_map')),
  search_fields: z
    .array(
      z.strictObject({
        search_field: text('How the field is called.'),
        ldap_field: text('The attribute that is searched; `%u` for those that name the user.'),
      }),
    )
    .default(usualSearch.map(([search_field, ldap_field]) => ({ search_field, ldap_field })))
    .describe('Fields of the form to search with.')
    .meta(restart('search_fields')),
  search_reported: z
    .array(
      z.strictObject({
        search_field: text('How the column is called.'),
        vcard_field: text('Field of the card.'),
      }),
    )
    .default(usualReported.map(([search_field, vcard_field]) => ({ search_field, vcard_field })))
    .describe('Columns of what was found.')
    .meta(restart('search_reported')),
  search_operator: oneOf('and', 'or')
    .default('and')
    .describe('Whether all fields must fit, or one of them.')
    .meta(restart('search_operator')),
  binary_search_fields: z
    .array(z.string())
    .default([])
    .describe('Fields of the card that are told in base64.')
    .meta(restart('binary_search_fields', { example: ['PHOTO'] })),
})

export type LdapVcardOptions = z.infer<typeof ldapOptions>
