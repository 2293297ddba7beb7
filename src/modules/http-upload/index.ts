import { defineModule, tables } from '../../module/define.ts'
import type { ServicePoint } from '../../module/subdomain.ts'
import { measured } from '../../observe/measured.ts'
import { domainRemoved, userRemoved } from '../../router/events.ts'
import { discoApi } from '../disco/api.ts'
import { type HttpUploadApi, httpUploadApi } from './api.ts'
import { httpUploadCommands } from './commands.ts'
import { openFiles } from './file/open.ts'
import { removeFiles } from './file/removal.ts'
import { migrations, UploadStore, type UploadTables } from './file/store.ts'
import { options } from './options.ts'
import { S3Slots } from './s3.ts'
import { openUploadService, serviceName } from './service.ts'
import { mustBeFine } from './wanted-file.ts'

export default defineModule({
  name: 'mod_http_upload',
  about: 'Gives addresses to which files can be uploaded, and from which others get them.',
  xeps: [{ xep: 363, version: '1.2.0' }],
  options,
  tables: tables<UploadTables>(),
  migrations,
  commands: httpUploadCommands,
  async setup(context) {
    const { name, host, options, clock, db, metrics, on, find, provide, serve } = context
    const store = measured(metrics, 'mod_http_upload_backend', new UploadStore(db))
    const files = await openFiles(context, store)
    const source = options.backend === 'file' && files !== undefined ? files.source : new S3Slots(options, clock)
    const kept = { store, folder: files?.folder }
    on(userRemoved, 'forget', async ({ user }) => void (await removeFiles({ user }, kept)))
    on(domainRemoved, 'forget', async ({ domain }) => void (await removeFiles({ domain }, kept)))
    const slot: HttpUploadApi['slot'] = async (file, terms) => {
      mustBeFine(file, options.max_file_size)
      return source.slot(file, terms)
    }
    const isShared = !options.host.includes('@HOST@')
    const open = (point: ServicePoint) =>
      openUploadService(point, {
        isFor: (domain) => (isShared ? host.domains.has(domain) : domain === point.parent),
        maxFileSize: () => options.max_file_size,
        contactForm: () => find(discoApi)?.contactForm(name),
        slot: (file, terms) => slot(file, { ...terms, lifetime: options.expiration_time }),
      })
    serve({ template: options.host, name: serviceName, open })
    provide(httpUploadApi, { slot, door: files?.door })
  },
})
