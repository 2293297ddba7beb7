import type { KeyPath } from './key-path.ts'
import type { Report } from './problem.ts'
import type { Config } from './schema.ts'

/** Warns where files are kept here, and no listener takes or gives them. */
export function checkUploads({ listen, modules, host_config }: Config, report: Report): void {
  if (listen.http.some(({ handlers }) => (handlers.upload_handler ?? []).length > 0)) return
  checkModules(modules, ['modules'], report)
  for (const [index, own] of host_config.entries()) {
    checkModules(own.modules ?? {}, ['host_config', index, 'modules'], report)
  }
}

function checkModules(modules: Config['modules'], path: KeyPath, report: Report): void {
  if (modules['mod_http_upload']?.['backend'] !== 'file') return
  report.warning('uploads_not_served', [...path, 'mod_http_upload'], {
    message: 'Files are kept here, but no listener has an upload_handler, so nobody can upload or get any.',
    hint: 'add [[listen.http.handlers.upload_handler]] to a listener',
  })
}
