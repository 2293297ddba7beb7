import type { Report } from './problem.ts'
import type { Config, HttpListener } from './schema.ts'

/** Addresses that only this machine reaches. */
const loopback = /^(127\.|::1$)/

/** The handlers for admins that nobody has to prove anything to, by their names and places. */
function openApis({ handlers }: HttpListener): [string, number][] {
  const own = (['mongoose_admin_api', 'mongoose_api_admin', 'mongoose_domain_handler'] as const).flatMap((name) =>
    (handlers[name] ?? []).flatMap(({ username }, index) =>
      username === undefined ? [[name, index] as [string, number]] : [],
    ),
  )
  return [...own, ...(handlers.mongoose_api ?? []).map((_, index): [string, number] => ['mongoose_api', index])]
}

/** Warns of APIs for admins that strangers reach. */
export function checkAdminApis({ listen }: Config, report: Report): void {
  listen.http.forEach((listener, index) => {
    if (loopback.test(listener.ip_address)) return
    for (const [name, at] of openApis(listener)) {
      report.warning('open_admin_api', ['listen', 'http', index, 'handlers', name, at], {
        message: 'Everybody who reaches this port may administrate the server.',
        hint:
          name === 'mongoose_api'
            ? 'set ip_address to "127.0.0.1", or use mongoose_admin_api, which takes username and password'
            : 'set username and password, or ip_address to "127.0.0.1"',
      })
    }
  })
}
