import { join } from 'node:path'
import type { C2sListener, ComponentListener, Config, HttpListener, S2sListener } from '../config/schema.ts'
import type { Report } from '../net/connection.ts'
import { ownCertificate } from '../net/own-certificate.ts'
import { TlsContext } from '../net/tls-context.ts'
import type { Clock } from '../util/clock.ts'

/** The `tls` table of some listener. */
export type TlsTable = NonNullable<
  C2sListener['tls'] | S2sListener['tls'] | ComponentListener['tls'] | HttpListener['tls']
>

/** What TLS contexts are made with, besides their table. */
export interface TlsParts {
  readonly clock: Clock
  readonly report: Report
  /** Every domain that is served at the moment, those that were added at run time among them. */
  domains(): readonly string[]
  /** Where certificates of the server's own making and key logs lie. */
  folder(): Promise<string>
}

/** Client certificates are of no use to components, nor to what is served over HTTP: they are not asked for unless somebody says so. */
const protocols = {
  xmpp: { alpn: ['xmpp-client'], verify_mode: undefined },
  peers: { alpn: ['xmpp-server'], verify_mode: undefined },
  components: { alpn: undefined, verify_mode: 'none' },
  http: { alpn: ['http/1.1'], verify_mode: 'none' },
} as const

/**
 * The TLS context of a listener: of the configured files, or of a certificate of the server's own making; with the
 * certificates of single domains for those who ask for them by name. Undefined without a table. Rejects with TlsError.
 */
export async function tlsContext(
  table: TlsTable | undefined,
  speaks: keyof typeof protocols,
  config: Config,
  parts: TlsParts,
): Promise<TlsContext | undefined> {
  if (table === undefined) return undefined
  const { hosts, default_server_domain: fallback, domain_certfile: named } = config.general
  const { alpn, verify_mode: usual } = protocols[speaks]
  const own =
    table.certfile === undefined
      ? await ownCertificate(
          await parts.folder(),
          namedBySelf([...hosts, fallback], parts.domains()),
          parts.clock.now(),
        )
      : {}
  const keepsSecrets = 'keep_secrets' in table && table.keep_secrets
  return TlsContext.load({
    table: {
      ...table,
      ...own,
      verify_mode: table.verify_mode ?? usual,
      key_log_file: keepsSecrets ? join(await parts.folder(), 'tls-keys.log') : undefined,
    },
    names: Object.fromEntries(
      named.map(({ domain, certfile, keyfile }) => [
        domain,
        { certfile, keyfile: keyfile ?? certfile, password: undefined },
      ]),
    ),
    alpn,
    isForServers: speaks === 'peers',
    clock: parts.clock,
    report: parts.report,
  })
}

/** A certificate has to travel at every handshake: with more domains than this, those that come and go are left out. */
const mostNamed = 50

/** The domains that a certificate of the server's own making is for. */
function namedBySelf(fixed: readonly string[], served: readonly string[]): string[] {
  const all = new Set([...fixed, ...served])
  return all.size > mostNamed ? [...new Set(fixed)] : [...all]
}
