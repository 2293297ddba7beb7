import { z } from 'zod'
import { duration, intOrInfinity, noEffect, oneOf, uniqueList } from '../option.ts'
import { methodTables } from './auth-methods.ts'

/** Authentication methods, in the order in which they are tried unless the file says otherwise. */
export const authMethods = [
  'anonymous',
  'dummy',
  'external',
  'http',
  'internal',
  'jwt',
  'ldap',
  'pki',
  'rdbms',
] as const

const mechanisms = [
  'scram_sha512_plus',
  'scram_sha512',
  'scram_sha384_plus',
  'scram_sha384',
  'scram_sha256_plus',
  'scram_sha256',
  'scram_sha224_plus',
  'scram_sha224',
  'scram_sha1_plus',
  'scram_sha1',
  'plain',
  'anonymous',
  'oauth',
  'x_oauth',
  'external',
  'digest',
  'oauthbearer',
] as const

/** Mechanisms offered unless `auth.sasl_mechanisms` says otherwise, strongest first (what cannot work is left out later). */
const defaultMechanisms = mechanisms.filter((name) => name !== 'external' && name !== 'digest' && name !== 'x_oauth')

const certificateRules = ['standard', 'common_name', 'auth_id'] as const

/** The name of an authentication method. */
export function methodName() {
  return z.string().transform((name, context) => {
    const known = authMethods.find((method) => method === name)
    if (known !== undefined) return known
    const message =
      name === 'riak'
        ? 'Riak is not supported.'
        : `Expected one of ${authMethods.map((method) => `"${method}"`).join(', ')}.`
    const what = name === 'riak' ? 'not_supported' : 'not_in_enum'
    context.addIssue({ code: 'custom', input: name, message, params: { what } })
    return z.NEVER
  })
}

/** A way to read a user's name from a certificate. */
function certificateRule() {
  return z.string().transform((name, context) => {
    const known = certificateRules.find((rule) => rule === name)
    if (known !== undefined) return known
    const message = `Expected one of ${certificateRules.map((rule) => `"${rule}"`).join(', ')}; there are no plug-ins.`
    context.addIssue({ code: 'custom', input: name, message, params: { what: 'not_in_enum' } })
    return z.NEVER
  })
}

function affix(what: string) {
  return z
    .string()
    .default('')
    .describe(`Put ${what} the common name to make the local part.`)
    .meta({ reload: 'restart' })
}

const password = z.strictObject({
  format: oneOf('scram', 'plain')
    .default('scram')
    .describe('How passwords are stored: as SCRAM keys, or as they are.')
    .meta({ reload: 'restart' }),
  hash: uniqueList(oneOf('sha', 'sha224', 'sha256', 'sha384', 'sha512'), { least: 1 })
    .default(['sha', 'sha256'])
    .describe('Hashes for which SCRAM keys are stored and mechanisms offered.')
    .meta({ reload: 'restart' }),
  scram_iterations: z
    .int()
    .min(1)
    .default(10_000)
    .describe('Iterations of the SCRAM key derivation.')
    .meta({ reload: 'restart', aliases: [{ key: '../scram_iterations', era: '4.0' }] }),
})

const failedLogins = z.strictObject({
  free_per_address: z
    .int()
    .min(0)
    .default(50)
    .describe('Failed logins of one address, or one IPv6 network of 64 bits, that have no consequence.')
    .meta({ reload: 'restart' }),
  free_per_account: z
    .int()
    .min(0)
    .default(10)
    .describe('Failed logins to one account that have no consequence.')
    .meta({ reload: 'restart' }),
  first_delay: duration('ms')
    .default(500)
    .describe('How long the first attempt beyond those waits for its answer; the time doubles with each failure.')
    .meta({ reload: 'restart' }),
  longest_delay: duration('ms')
    .default(4000)
    .describe('The longest such wait; attempts that would have to wait longer get `temporary-auth-failure` at once.')
    .meta({ reload: 'restart' }),
  forget_after: duration('s')
    .default(900)
    .describe('Without another failure for so long, all is forgotten.')
    .meta({ reload: 'restart' }),
})

/** The `[auth]` table. */
export const auth = z.strictObject({
  methods: uniqueList(methodName())
    .optional()
    .describe('Account stores, in the order they are tried. Default: those that have a section, else `internal`.')
    .meta({ reload: 'restart', example: ['internal'], shownAs: 'array of method names' }),
  sasl_mechanisms: uniqueList(oneOf(...mechanisms))
    .default([...defaultMechanisms])
    .describe('SASL mechanisms in the order offered; those that cannot work on a connection are left out.')
    .meta({ reload: 'restart' }),
  sasl_external: uniqueList(certificateRule(), { least: 1 })
    .default(['standard'])
    .describe(
      'How EXTERNAL finds the user, in this order: `standard` by an XMPP address in the certificate, `common_name` by its common name, `auth_id` by what the client says.',
    )
    .meta({ reload: 'restart', shownAs: 'array of "standard", "common_name", "auth_id"' }),
  sasl_external_common_name: z
    .strictObject({ prefix: affix('before'), suffix: affix('behind') })
    .prefault({})
    .describe('How a common name becomes a local part.'),
  max_users_per_domain: intOrInfinity()
    .default(Number.POSITIVE_INFINITY)
    .describe('Registrations beyond this number of accounts of a domain are refused.')
    .meta({ reload: 'restart' }),
  failed_logins: failedLogins.prefault({}).describe('What happens to those who guess passwords.'),
  password: password.prefault({}).describe('How passwords are stored.'),
  internal: z.strictObject({}).optional().describe('Accounts in the built-in database.'),
  rdbms: z
    .strictObject({ users_number_estimate: noEffect(z.boolean(), 'users are counted exactly') })
    .optional()
    .describe('Accounts in the SQL database of the server.'),
  ...methodTables,
})
