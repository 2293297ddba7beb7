import { temporaryFolder } from '../net/temporary-folder.ts'
import type { Opened } from './opened.ts'

/**
 * Where certificates of the server's own making and key logs lie: the data folder, or for a server in memory, which cannot do
 * without files here, one that is made when it is needed and goes when the server stops.
 */
export function filesFolder(dataFolder: string | undefined, opened: Opened): () => Promise<string> {
  let folder: Promise<string> | undefined
  const make = async () => {
    const made = await temporaryFolder()
    opened.push(() => made.remove())
    return made.path
  }
  return async () => {
    if (dataFolder !== undefined) return dataFolder
    folder ??= make()
    return folder
  }
}
