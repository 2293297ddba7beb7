import type { C2sListener, HttpListener } from '../config/schema.ts'
import { ownCertificate } from '../net/own-certificate.ts'
import { TlsContext } from '../net/tls-context.ts'
import type { ListenerParts } from './listeners.ts'

type TlsTable = NonNullable<C2sListener['tls'] | HttpListener['tls']>

/** The TLS context of a listener: of the configured files, or of a certificate of the server's own making. */
export async function tlsContext(table: TlsTable, alpn: readonly string[], parts: ListenerParts): Promise<TlsContext> {
  const { config, clock, log } = parts
  const own =
    table.certfile === undefined ? await ownCertificate(config.general.data_dir, config.general.hosts, clock.now()) : {}
  return TlsContext.load({
    table: { ...table, ...own, session_tickets: undefined },
    alpn,
    clock,
    report: (event) => log.warn(event),
  })
}
