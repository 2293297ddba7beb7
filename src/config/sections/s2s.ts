import { z } from 'zod'
import {
  domainName,
  duration,
  filePath,
  intOrInfinity,
  ipAddress,
  oneOf,
  port,
  shaperName,
  uniqueList,
} from '../option.ts'
import { cipherSuites } from './ciphers.ts'
import { clientTls } from './tls.ts'

const policy = () => oneOf('allow', 'deny')

const hostPolicy = z.strictObject({
  host: domainName().describe('Domain of the other server.'),
  policy: policy().describe('Whether there may be connections with it, either way.'),
})

const address = z.strictObject({
  host: domainName().describe('Domain of the other server.'),
  ip_address: ipAddress().describe('Its address.'),
  port: port().optional().describe('Its port. Default: `s2s.outgoing.port`.').meta({ example: 5270 }),
  tls: z.boolean().default(false).describe('Whether TLS is spoken there from the first byte.'),
})

const client = clientTls.shape

/** TLS of connections to other servers. */
const outgoingTls = z.strictObject({
  mode: oneOf('starttls_required', 'starttls', 'tls', 'none')
    .default('starttls_required')
    .describe(
      '`starttls_required`: nothing is said before TLS, by STARTTLS or from the first byte. `starttls`: without TLS where the other server has none. `tls`: from the first byte only. `none`: never.',
    ),
  certfile: client.certfile.meta({ reload: 'live' }),
  keyfile: client.keyfile.meta({ reload: 'live' }),
  cacertfile: client.cacertfile.meta({ reload: 'live' }),
  ciphers: client.ciphers.meta({ reload: 'live' }),
  password: client.password.meta({ reload: 'live' }),
  versions: client.versions.meta({ reload: 'live' }),
  crl_files: client.crl_files.meta({ reload: 'live' }),
  disconnect_on_failure: client.disconnect_on_failure,
  module: client.module,
  protocol_options: client.protocol_options,
  verify_mode: oneOf('peer', 'selfsigned_peer', 'none')
    .default('peer')
    .describe(
      '`peer`: the other server must have a good certificate that names its domain; otherwise it is not looked at.',
    )
    .meta({
      aliases: [
        { key: 'verify_peer', schema: z.boolean(), convert: (value: unknown) => (value === true ? 'peer' : 'none') },
      ],
    }),
  server_name_indication: z
    .union([z.boolean().transform((enabled) => ({ enabled })), z.strictObject({ enabled: z.boolean().default(true) })])
    .prefault({})
    .describe('Whether the other server is told which domain is meant (SNI).')
    .meta({ shownAs: 'table of `enabled`', example: { enabled: true } }),
})

const outgoing = z.strictObject({
  port: port().default(5269).describe('Port of other servers that have no SRV records.'),
  ip_versions: uniqueList(z.union([z.literal(4), z.literal(6)], { error: 'Expected 4 or 6.' }), { least: 1 })
    .default([4, 6])
    .describe('IP versions to connect with, the preferred one first.')
    .meta({ shownAs: 'array of 4, 6' }),
  connection_timeout: duration('ms', { infinite: true }).default(10_000).describe('Time for a connection.'),
  state_timeout: duration('ms', { infinite: true })
    .default(5000)
    .describe('Time for each step until stanzas can be sent.'),
  stream_timeout: duration('ms', { infinite: true })
    .default(600_000)
    .describe('Silence after which a stream is closed, whoever opened it.'),
  max_retry_delay: duration('s')
    .default(300)
    .describe('Longest wait before a server that could not be reached is tried again.')
    .meta({ aliases: [{ key: '../max_retry_delay', era: '4.0' }] }),
  max_stanza_size: intOrInfinity()
    .default(Number.POSITIVE_INFINITY)
    .describe('Largest element accepted on connections that this server has made, in bytes.'),
  shaper: shaperName().default('none').describe('Limit of incoming traffic on those connections.'),
  dns: z
    .strictObject({
      timeout: duration('s').default(10).describe('Time that a name server has.'),
      retries: z.int().positive().default(2).describe('How often it is asked.'),
    })
    .prefault({})
    .describe('Name servers.')
    .meta({ aliases: [{ key: '../dns', era: '4.0' }] }),
  address: z
    .array(address)
    .default([])
    .describe('Addresses of single servers, which are then not looked for in DNS.')
    .meta({
      aliases: [{ key: '../address', era: '4.0' }],
      example: [{ host: 'chat.example.org', ip_address: '192.0.2.1' }],
    }),
  tls: outgoingTls.prefault({}).describe('TLS of connections to other servers.'),
  bidi: z
    .boolean()
    .default(true)
    .describe('Use a connection for both directions where the other server can (XEP-0288), whoever has made it.'),
  queue_limit: z
    .int()
    .positive()
    .default(1000)
    .describe('Stanzas that wait for a connection to one server; further ones are sent back.'),
})

/** The `[s2s]` table. */
export const s2s = z
  .strictObject({
    default_policy: policy().default('allow').describe('Whether there may be connections with other servers.'),
    host_policy: z
      .array(hostPolicy)
      .default([])
      .describe('The same for single ones, which goes before.')
      .meta({ example: [{ host: 'spam.example', policy: 'deny' }] }),
    shared: z
      .string()
      .min(1)
      .optional()
      .describe('Secret that dialback keys are made of. Default: a random one at each start.')
      .meta({ secret: true, reload: 'restart', example: 'secret' }),
    dialback: z
      .boolean()
      .default(true)
      .describe('Take and give proof by dialback (XEP-0220) where there is none by certificate.'),
    outgoing: outgoing.prefault({}).describe('Connections that this server makes.'),
    use_starttls: oneOf('false', 'optional', 'required', 'required_trusted')
      .optional()
      .describe('Read as `mode` and `verify_mode` of `s2s.outgoing.tls` and of the `tls` of `[[listen.s2s]]`.')
      .meta({ era: '4.0' }),
    certfile: filePath()
      .optional()
      .describe('Read as `certfile` of `s2s.outgoing.tls` and of the `tls` of `[[listen.s2s]]`.')
      .meta({ era: '4.0', example: 'cert.pem' }),
    ciphers: cipherSuites()
      .describe('Read as `ciphers` of `s2s.outgoing.tls` and of the `tls` of `[[listen.s2s]]`.')
      .meta({ era: '4.0' }),
  })
  .meta({ reload: 'live' })
