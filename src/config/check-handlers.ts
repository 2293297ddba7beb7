import { type KeyPath, valueAt } from './key-path.ts'
import type { Report } from './problem.ts'

/** Warns of a handler of an HTTP listener that has nothing to serve, and of a module that nobody can reach. */
export function checkHandlers(data: unknown, report: Report): void {
  if (modulesNamed('mod_invites', data).length === 0) {
    for (const path of handlersNamed('invite_handler', data)) {
      report.warning('no_effect', path, { message: 'mod_invites does not run: there are no invitations to show.' })
    }
  }
  const proxies = handlersNamed('mod_revproxy', data)
  const modules = modulesNamed('mod_revproxy', data)
  if (modules.length === 0) {
    for (const path of proxies) {
      report.warning('no_effect', path, {
        message: 'There are no rules: every request is answered with 404.',
        hint: 'rules are routes of modules.mod_revproxy',
      })
    }
  }
  if (proxies.length > 0) return
  for (const path of modules) {
    report.warning('no_effect', path, {
      message: 'No HTTP listener has a handler of this name: nothing is passed on.',
      hint: 'for example: [[listen.http.handlers.mod_revproxy]] with path = "/[...]"',
    })
  }
}

function handlersNamed(name: string, data: unknown): KeyPath[] {
  const listeners = valueAt(data, ['listen', 'http'])
  if (!Array.isArray(listeners)) return []
  return listeners.flatMap((listener: unknown, index) =>
    valueAt(listener, ['handlers', name]) === undefined ? [] : [['listen', 'http', index, 'handlers', name]],
  )
}

function modulesNamed(name: string, data: unknown): KeyPath[] {
  const hosts = valueAt(data, ['host_config'])
  const places = Array.isArray(hosts) ? hosts.map((_, index) => ['host_config', index]) : []
  return [[], ...places].map((place) => [...place, 'modules', name]).filter((path) => valueAt(data, path) !== undefined)
}
