import { z } from 'zod'
import { ldapDeref, ldapFilter } from '../../config/ldap-option.ts'

/** An option with the name that it had until MongooseIM 5.0; only one of the two may be written. */
const restart = (old: string, more: Record<string, unknown> = {}) => ({
  reload: 'restart' as const,
  aliases: [{ key: old, isExclusive: true }],
  ...more,
})

const attribute = z.string().min(1)
const seconds = z.int().positive().default(300)
const entries = z.int().positive().default(1000)

/** Whether a text is a regular expression with a group. */
function hasGroup(text: string): boolean {
  try {
    return (new RegExp(`${text}|`, 'u').exec('')?.length ?? 0) > 1
  } catch {
    return false
  }
}

export const options = z.strictObject({
  pool_tag: z
    .string()
    .default('default')
    .describe('Pool of `outgoing_pools.ldap` that searches.')
    .meta(restart('ldap_pool_tag', { poolType: 'ldap' })),
  base: z
    .string()
    .default('')
    .describe('Entry below which groups and users are looked for.')
    .meta(restart('ldap_base', { example: 'ou=Groups,dc=example,dc=org' })),
  deref: ldapDeref().meta(restart('ldap_deref')),
  groupattr: attribute.default('cn').describe('Attribute that names a group.').meta(restart('ldap_groupattr')),
  groupdesc: attribute
    .optional()
    .describe('Attribute with the name of the group as it is shown. Default: that of `groupattr`.')
    .meta(restart('ldap_groupdesc', { example: 'description' })),
  userdesc: attribute
    .default('cn')
    .describe('Attribute with the name of a user as it is shown.')
    .meta(restart('ldap_userdesc')),
  useruid: attribute
    .default('cn')
    .describe('Attribute that an entry must have for its name to be shown.')
    .meta(restart('ldap_useruid')),
  memberattr: attribute
    .default('memberUid')
    .describe('Attribute of a group that holds its members.')
    .meta(restart('ldap_memberattr')),
  memberattr_format: z
    .string()
    .includes('%u', { error: 'Expected a text that contains %u.' })
    .default('%u')
    .describe('What it holds; `%u` is the name of the user.')
    .meta(restart('ldap_memberattr_format')),
  memberattr_format_re: z
    .string()
    .refine((text) => text === '' || hasGroup(text), { error: 'Expected a regular expression with a group.' })
    .default('')
    .describe('In place of the format: a regular expression whose first group is the name of the user.')
    .meta(restart('ldap_memberattr_format_re', { example: '^cn=([^,]+),' })),
  auth_check: z
    .boolean()
    .default(true)
    .describe('Show only members that have an account here.')
    .meta(restart('ldap_auth_check')),
  user_cache_validity: seconds
    .describe('Seconds that the name of a user is remembered.')
    .meta(restart('ldap_user_cache_validity')),
  group_cache_validity: seconds
    .describe('Seconds that groups and their members are remembered.')
    .meta(restart('ldap_group_cache_validity')),
  user_cache_size: entries.describe('How many names of users are remembered.').meta(restart('ldap_user_cache_size')),
  group_cache_size: entries.describe('How many groups are remembered.').meta(restart('ldap_group_cache_size')),
  rfilter: z
    .union([z.literal(''), ldapFilter()])
    .default('')
    .describe('Finds the groups that user `%u` is shown. Default: those that the user is a member of.')
    .meta(restart('ldap_rfilter', { example: '(objectClass=posixGroup)' })),
  gfilter: z
    .union([z.literal(''), ldapFilter()])
    .default('')
    .describe('Finds the entries of group `%g`. Default: those that have the name and a member.')
    .meta(restart('ldap_gfilter', { example: '(&(objectClass=posixGroup)(cn=%g))' })),
  ufilter: z
    .union([z.literal(''), ldapFilter()])
    .default('')
    .describe('Finds user `%u`, for the name that is shown.')
    .meta(restart('ldap_ufilter', { example: '(&(objectClass=inetOrgPerson)(uid=%u))' })),
  filter: z
    .union([z.literal(''), ldapFilter()])
    .default('')
    .describe('What entries must fit besides `gfilter` and `ufilter`.')
    .meta(restart('ldap_filter', { example: '(ou=staff)' })),
})

export type SharedRosterOptions = z.infer<typeof options>
