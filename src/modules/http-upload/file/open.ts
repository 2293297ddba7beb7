import type { ModuleContext } from '../../../module/context.ts'
import type { FileDoor } from '../../../net/upload-route.ts'
import { personalData } from '../../../router/events.ts'
import { formatTimestamp } from '../../../stanza/delay.ts'
import { BlobFolder } from '../../../storage/blob-folder.ts'
import type { SlotSource } from '../api.ts'
import type { FileOptions, UploadOptions } from '../options.ts'
import { FileSlots } from './file-slots.ts'
import type { FileParts } from './parts.ts'
import { Sweeper } from './removal.ts'
import { fileUrl } from './signed-address.ts'
import type { Upload, UploadStore, UploadTables } from './store.ts'
import { UploadDesk } from './upload-desk.ts'

/** How often what is over is removed, in milliseconds. */
const sweepInterval = 60_000

/** The files of a folder: slots for more of them, and what is done with those that are there. */
export interface KeptFiles {
  readonly source: SlotSource
  readonly door: FileDoor
  readonly folder: BlobFolder
}

type Context = ModuleContext<UploadOptions, UploadTables>

/** Opens the folder, where the configuration has one: files stay there until they are over, even where new ones go elsewhere. */
export async function openFiles(context: Context, store: UploadStore): Promise<KeptFiles | undefined> {
  const { db, options, clock, log, limitReached, on, every, onStop } = context
  if (options.file === undefined) return undefined
  const folder = await BlobFolder.open(options.file.directory)
  const limits = () => ({ ...fileOptions(options), token_bytes: options.token_bytes })
  const parts: FileParts = { db, store, folder, key: await store.key(), clock, log, limitReached, limits }
  const sweeper = new Sweeper(parts)
  await sweeper.sweep()
  every(sweepInterval, () => void sweeper.sweep())
  onStop(() => sweeper.idle())
  const door = new UploadDesk(parts)
  onStop(() => door.close())
  on(personalData, 'collect', async ({ user }) => {
    const files = await store.storedOf(user)
    return { name: 'uploads', rows: files.map((file) => personalRow(file, limits().url)) }
  })
  return { source: new FileSlots(parts), door, folder }
}

function fileOptions({ file }: UploadOptions): FileOptions {
  if (file === undefined) throw new Error('there is no folder for files')
  return file
}

function personalRow({ filename: name, size, domain, token, createdAt }: Upload, url: string) {
  return { name, size, url: fileUrl(url, { domain, token, name }), time: formatTimestamp(createdAt) }
}
