import { z } from 'zod'
import { ldapDeref, ldapFilter } from '../ldap-option.ts'
import { filePath, noEffect, oneOf } from '../option.ts'

const restart = { reload: 'restart' } as const

const program = z.strictObject({
  program: filePath()
    .describe('Program that is asked, with its path.')
    .meta({ ...restart, example: 'bin/check-users' }),
  instances: z.int().min(1).default(1).describe('How many of it run at a time.').meta(restart),
})

const anonymous = z.strictObject({
  protocol: oneOf('sasl_anon', 'login_anon', 'both')
    .default('sasl_anon')
    .describe(
      '`sasl_anon`: the mechanism ANONYMOUS, with a name of the server’s making. `login_anon`: any name that no account has, with any password.',
    )
    .meta(restart),
  allow_multiple_connections: z
    .boolean()
    .default(false)
    .describe('Whether a name that is in use may be used a second time.')
    .meta(restart),
  backend: noEffect(oneOf('mnesia', 'cets'), 'who is in is known from the sessions'),
})

const http = z.strictObject({
  basic_auth: z
    .string()
    .regex(/^[^:]+:/, { error: 'Expected "user:password".' })
    .optional()
    .describe('`user:password` for the HTTP server itself.')
    .meta({ secret: true, ...restart, example: 'meerkat:secret' }),
})

/** MongooseIM spells 384 as 386. */
const algorithms = ['HS256', 'RS256', 'ES256', 'HS386', 'RS386', 'ES386', 'HS384', 'RS384', 'ES384'] as const

const jwt = z.strictObject({
  secret: z
    .string()
    .min(1)
    .describe('Shared secret, or public key in PEM: as it is, in a file or in an environment variable.')
    .meta({ secret: true, ...restart, example: { file: 'jwt.key' }, shownAs: 'one of `file`, `env`, `value`' }),
  algorithm: oneOf(...algorithms, 'HS512', 'RS512', 'ES512')
    .describe('Algorithm that tokens must be signed with; 386 is read as 384.')
    .meta({ ...restart, example: 'HS256' }),
  username_key: z
    .string()
    .min(1)
    .describe('Claim that holds the local part of the address.')
    .meta({ ...restart, example: 'sub' }),
})

/** How an LDAP directory is asked; tables of modules have the same options. */
const ldap = z.strictObject({
  pool_tag: z
    .string()
    .default('default')
    .describe('Pool of `outgoing_pools.ldap` that searches.')
    .meta({ ...restart }),
  bind_pool_tag: z
    .string()
    .default('bind')
    .describe('Pool of `outgoing_pools.ldap` that checks passwords.')
    .meta({ ...restart }),
  base: z
    .string()
    .min(1)
    .describe('Entry below which users are looked for.')
    .meta({ ...restart, example: 'ou=Users,dc=example,dc=org' }),
  uids: z
    .array(
      z.strictObject({
        attr: z
          .string()
          .min(1)
          .default('uid')
          .describe('Attribute that names the user.')
          .meta({ ...restart }),
        format: z
          .string()
          .includes('%u', { error: 'Expected a text that contains %u.' })
          .default('%u')
          .describe('What the attribute holds; `%u` is the local part, `%d` the domain.')
          .meta({ ...restart }),
      }),
    )
    .min(1)
    .default([{ attr: 'uid', format: '%u' }])
    .describe('Attributes that may name a user.')
    .meta({ ...restart }),
  filter: ldapFilter()
    .optional()
    .describe('What a user’s entry must fit besides.')
    .meta({ ...restart, example: '(objectClass=inetOrgPerson)' }),
  dn_filter: z
    .strictObject({
      filter: ldapFilter()
        .describe(
          '`%u` local part, `%d` domain, `%D` name of the entry, `%s` the attributes one after another, or `%name`.',
        )
        .meta({ ...restart, example: '(&(objectClass=groupOfNames)(member=%D))' }),
      attributes: z
        .array(z.string().min(1))
        .default([])
        .describe('Attributes of the user’s entry that the filter names.')
        .meta({ ...restart, example: ['sn'] }),
    })
    .optional()
    .describe('A second search that must find something.'),
  local_filter: z
    .strictObject({
      operation: oneOf('equal', 'notequal')
        .describe('How values are compared.')
        .meta({ ...restart }),
      attribute: z
        .string()
        .min(1)
        .describe('Attribute of the user’s entry.')
        .meta({ ...restart, example: 'accountStatus' }),
      values: z
        .array(z.string())
        .min(1)
        .describe('Its values.')
        .meta({ ...restart, example: ['enabled'] }),
    })
    .optional()
    .describe('What the server itself asks of the entry that was found.'),
  deref: ldapDeref().meta({ ...restart }),
})

const dummy = z.strictObject({
  base_time: z.int().min(0).default(50).describe('Least delay of an answer, in milliseconds.').meta(restart),
  variance: z.int().min(1).default(450).describe('Most milliseconds more.').meta(restart),
})

/** The tables of the methods, beside `internal` and `rdbms`. */
export const methodTables = {
  anonymous: anonymous.optional().describe('Accounts that live as long as their session.'),
  dummy: dummy.optional().describe('Everybody comes in, after a random delay: for load tests only.'),
  external: program
    .optional()
    .describe('Accounts kept by a program (its standard input is asked, its output answers).'),
  http: http.optional().describe('Accounts kept by an HTTP server, the pool `outgoing_pools.http.auth`.'),
  jwt: jwt.optional().describe('JSON web tokens in place of passwords.'),
  ldap: ldap.optional().describe('Accounts in an LDAP directory.'),
  pki: z.strictObject({}).optional().describe('Whoever has a trusted client certificate.'),
}
