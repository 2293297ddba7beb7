import { z } from 'zod'
import { filePath, noEffect, oneOf, uniqueList } from '../option.ts'
import { cipherSuites } from './ciphers.ts'

const protocolVersions = ['tlsv1', 'tlsv1.1', 'tlsv1.2', 'tlsv1.3'] as const

const common = {
  verify_mode: oneOf('peer', 'selfsigned_peer', 'none')
    .optional()
    .describe(
      'Client certificates: `peer` requires a valid one, `selfsigned_peer` requires any, `none` asks for none. Not set: XMPP listeners ask for one and check it if it comes, HTTP listeners do not ask.',
    )
    .meta({
      reload: 'live',
      aliases: [
        {
          key: 'verify_peer',
          era: '4.0',
          schema: z.boolean(),
          convert: (value: unknown) => (value === true ? 'peer' : 'none'),
        },
      ],
    }),
  certfile: filePath()
    .optional()
    .describe('Certificate chain in PEM; may hold the key too. Not set: a self-signed certificate is made.')
    .meta({ reload: 'live', example: 'cert.pem' }),
  keyfile: filePath().optional().describe('Private key in PEM.').meta({ reload: 'live', example: 'key.pem' }),
  cacertfile: filePath()
    .optional()
    .describe('Authorities trusted for client certificates, in PEM. Not set: those of the system.')
    .meta({ reload: 'live', example: 'ca.pem' }),
  dhfile: filePath()
    .optional()
    .describe('Diffie-Hellman parameters in PEM.')
    .meta({ reload: 'live', example: 'dh.pem' }),
  ciphers: cipherSuites().meta({ reload: 'live' }),
  password: z
    .string()
    .optional()
    .describe('Password of the key file.')
    .meta({ secret: true, reload: 'live', example: 'secret' }),
  versions: uniqueList(oneOf(...protocolVersions), { least: 1 })
    .default(['tlsv1.2', 'tlsv1.3'])
    .describe('Protocol versions; `tlsv1` and `tlsv1.1` are refused with a warning.')
    .meta({ reload: 'live' }),
  disconnect_on_failure: z
    .boolean()
    .optional()
    .describe(
      'Close when a client certificate is not valid; otherwise go on without it. Default: true where `verify_mode` is set.',
    )
    .meta({ reload: 'live', example: true }),
  crl_files: z
    .array(filePath())
    .default([])
    .describe('Certificate revocation lists in PEM.')
    .meta({ reload: 'live', example: ['revoked.pem'] }),
  early_data: noEffect(z.boolean(), 'early data can be replayed and is never accepted'),
  session_tickets: oneOf('stateless')
    .optional()
    .describe('Let clients resume TLS sessions with tickets that the server need not remember.')
    .meta({ reload: 'live' }),
  module: noEffect(oneOf('fast_tls', 'just_tls'), 'there is one TLS implementation').meta({ era: '4.0' }),
  protocol_options: noEffect(z.array(z.string()), 'versions below TLS 1.2 are never offered; see versions').meta({
    era: '4.0',
  }),
}

/** TLS of an HTTP listener. */
export const httpTls = z.strictObject(common)

/** TLS of a listener for XMPP. */
export const xmppTls = z.strictObject({
  mode: oneOf('tls', 'starttls', 'starttls_required')
    .default('starttls')
    .describe('`tls` from the first byte, `starttls` offered, or `starttls_required`.')
    .meta({ reload: 'live' }),
  ...common,
  keep_secrets: z
    .boolean()
    .default(false)
    .describe('Write the keys of TLS sessions to `tls-keys.log` in the data folder, to read captured traffic with.')
    .meta({ reload: 'live' }),
})

/** TLS of a listener for other servers, which is there whether it is written or not. */
export const serverTls = xmppTls.extend({
  mode: oneOf('starttls_required', 'starttls', 'tls', 'none')
    .default('starttls_required')
    .describe('`starttls_required`, `starttls` offered, `tls` from the first byte, or `none`.')
    .meta({ reload: 'live' }),
})

/** TLS of a listener for components, whose protocol has no STARTTLS (XEP-0114). */
export const componentTls = xmppTls.extend({
  mode: oneOf('tls').default('tls').describe('`tls` from the first byte.').meta({ reload: 'live' }),
})

/** TLS of a connection that the server makes. */
export const clientTls = z.strictObject({
  verify_mode: oneOf('peer', 'selfsigned_peer', 'none')
    .default('peer')
    .describe('`peer`: the certificate of the other side must be valid; otherwise it is not looked at.')
    .meta({
      reload: 'restart',
      aliases: [
        { key: 'verify_peer', schema: z.boolean(), convert: (value: unknown) => (value === true ? 'peer' : 'none') },
      ],
    }),
  certfile: common.certfile
    .describe('Certificate chain of our own in PEM; may hold the key too.')
    .meta({ reload: 'restart' }),
  keyfile: common.keyfile.meta({ reload: 'restart' }),
  cacertfile: common.cacertfile
    .describe('Authorities trusted, in PEM. Not set: those of the system.')
    .meta({ reload: 'restart' }),
  ciphers: common.ciphers.meta({ reload: 'restart' }),
  password: common.password.meta({ secret: true, reload: 'restart' }),
  versions: common.versions
    .refine((versions) => versions.includes('tlsv1.2') || versions.includes('tlsv1.3'), {
      error: 'None of these versions is safe: use "tlsv1.2", "tlsv1.3".',
    })
    .meta({ reload: 'restart' }),
  crl_files: common.crl_files.meta({ reload: 'restart' }),
  disconnect_on_failure: noEffect(z.boolean(), 'whom the certificate does not name is never talked to'),
  server_name_indication: z
    .union([
      z.boolean().transform((enabled) => ({ enabled, host: undefined })),
      z.strictObject({
        enabled: z.boolean().default(true),
        host: z.string().min(1).optional(),
        protocol: oneOf('default', 'https').optional(),
      }),
    ])
    .optional()
    .describe(
      'The name that the certificate must have: `host`, else the name connected to; `enabled = false` for none.',
    )
    .meta({
      reload: 'restart',
      example: { host: 'ldap.example.org' },
      shownAs: 'table of `enabled`, `host`, `protocol`',
    }),
  module: noEffect(oneOf('fast_tls', 'just_tls'), 'there is one TLS implementation').meta({ era: '4.0' }),
  protocol_options: common.protocol_options,
})
