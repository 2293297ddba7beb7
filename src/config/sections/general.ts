import { z } from 'zod'
import { domainName, duration, filePath, noEffect, oneOf, uniqueList } from '../option.ts'
import { commandAccess } from './command-access.ts'

/** Log thresholds, quietest first. */
export const logLevels = [
  'none',
  'emergency',
  'alert',
  'critical',
  'error',
  'warning',
  'notice',
  'info',
  'debug',
  'all',
] as const

const domainCertificate = z.strictObject({
  domain: domainName().describe('Domain that the certificate is for.').meta({ reload: 'live' }),
  certfile: filePath().describe('Certificate chain in PEM; may hold the key too.').meta({ reload: 'live' }),
  keyfile: filePath().optional().describe('Private key in PEM.').meta({ reload: 'live', example: 'key.pem' }),
})

const builtInStore = 'sessions, routes and secrets are kept by the built-in store'

/** The `[general]` table. */
export const general = z.strictObject({
  loglevel: oneOf(...logLevels)
    .default('warning')
    .describe('Events below this level are not logged.')
    .meta({ reload: 'live' }),
  hosts: z
    .array(domainName())
    .default([])
    .describe('Domains this server is responsible for.')
    .meta({ example: ['localhost'], reload: 'restart' }),
  host_types: uniqueList(z.string().min(1))
    .default([])
    .describe('Kinds of domains that are added at run time: the domains of one kind share their settings.')
    .meta({ reload: 'restart', example: ['customers'] }),
  default_server_domain: domainName()
    .optional()
    .describe(
      'Domain used where no other fits, as in stream errors before the domain is known. Default: the first host; required where there is none.',
    )
    .meta({ reload: 'restart', example: 'localhost' }),
  language: z
    .string()
    .min(1)
    .default('en')
    .describe('Language of texts where a client names none.')
    .meta({ reload: 'restart' }),
  registration_timeout: duration('s', { infinite: true })
    .default(600)
    .describe('Shortest time between two registrations from one address.')
    .meta({ reload: 'restart' }),
  hide_service_name: z
    .boolean()
    .default(false)
    .describe('Close silently, without naming the service, when input is not XMPP.')
    .meta({ reload: 'restart' }),
  replaced_wait_timeout: duration('ms')
    .default(2000)
    .describe('How long a new session waits for the one it replaces to end.')
    .meta({ reload: 'restart' }),
  data_dir: z
    .string()
    .min(1)
    .default('data')
    .describe('Folder of the database, the control socket and generated certificates; relative to this file.')
    .meta({ reload: 'restart', shownAs: 'path' }),
  http_server_name: z
    .string()
    .default('Meerkat')
    .describe('The `server` header of HTTP responses.')
    .meta({ reload: 'restart' }),
  sm_backend: noEffect(oneOf('mnesia', 'cets', 'redis'), builtInStore),
  component_backend: noEffect(oneOf('mnesia', 'cets'), builtInStore),
  s2s_backend: noEffect(oneOf('mnesia', 'cets'), builtInStore),
  routing_modules: noEffect(z.array(z.string()), 'routing has a fixed order'),
  route_subdomains: oneOf('s2s')
    .optional()
    .describe('Look elsewhere for subdomains of our domains that nobody here serves. Not set: there are none.')
    .meta({ reload: 'live', example: 's2s' }),
  rdbms_server_type: noEffect(oneOf('pgsql'), 'the SQL dialect follows from the driver').meta({ era: '4.0' }),
  pgsql_users_number_estimate: noEffect(z.boolean(), 'users are counted exactly').meta({ era: '4.0' }),
  override: noEffect(z.array(oneOf('global', 'local', 'acls')), 'the file is the only source of settings').meta({
    era: '4.0',
  }),
  max_fsm_queue: noEffect(z.int().positive(), 'queues are bounded in bytes').meta({ era: '4.0' }),
  mongooseimctl_access_commands: commandAccess,
  domain_certfile: z
    .array(domainCertificate)
    .default([])
    .describe('Certificates for single domains, chosen by the name that a client asks for (SNI).')
    .meta({ reload: 'live', aliases: [{ key: '../s2s.domain_certfile', era: '4.0' }] }),
})

/** What `[[host_config]]` may say of `[general]`. */
export const hostGeneral = z.strictObject({
  replaced_wait_timeout: duration('ms')
    .optional()
    .describe('As in `[general]`.')
    .meta({ reload: 'restart', example: 2000 }),
  route_subdomains: oneOf('s2s').optional().describe('As in `[general]`.').meta({ reload: 'live', example: 's2s' }),
  hide_service_name: noEffect(z.boolean(), 'input that is no XMPP names no host; set it under general').meta({
    era: '4.0',
  }),
  pgsql_users_number_estimate: noEffect(z.boolean(), 'users are counted exactly').meta({ era: '4.0' }),
  mongooseimctl_access_commands: commandAccess,
})
