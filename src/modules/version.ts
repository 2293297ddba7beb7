import { release, type } from 'node:os'
import { z } from 'zod'
import { defineModule } from '../module/define.ts'
import { productName, productVersion } from '../util/product.ts'
import { el } from '../xml/element.ts'

const NS = 'jabber:iq:version'

export default defineModule({
  name: 'mod_version',
  about: 'Tells name and version of the server software.',
  xeps: [{ xep: 92, version: '1.1' }],
  inCluster: true,
  options: z.strictObject({
    os_info: z.boolean().default(false).describe('Tell the operating system too.').meta({ reload: 'live' }),
  }),
  iqPolicy: 'no_queue',
  setup({ iq, options }) {
    iq.server('get', NS, 'query', () => {
      const os = options.os_info ? el('os', NS, operatingSystem()) : undefined
      return el('query', NS, el('name', NS, productName), el('version', NS, productVersion), os)
    })
  },
})

/** `unix linux 6.1.0`: family, name, release. */
function operatingSystem(): string {
  const name = type()
  const version = /^\d+(\.\d+){0,2}/.exec(release())?.[0] ?? '0'
  return `${name === 'Windows_NT' ? 'win32' : 'unix'} ${name.toLowerCase()} ${version}`
}
