import { join } from 'node:path'
import type { Jid } from '../../jid/jid.ts'
import type { Moment } from './moment.ts'
import type { MucLogOptions } from './options.ts'

type Layout = Pick<MucLogOptions, 'outdir' | 'dirtype' | 'dirname' | 'file_format'>

/** The file of a room for a day. */
export function logPath(room: Jid, { year, month, day }: Moment, layout: Layout): string {
  const folder = safeName(layout.dirname === 'room_jid' ? room.bareString : room.local)
  const extension = extensionOf(layout)
  const file =
    layout.dirtype === 'subdirs' ? join(year, month, `${day}${extension}`) : `${year}-${month}-${day}${extension}`
  return join(layout.outdir, folder, file)
}

/** How the page of one day links to that of another. */
export function logLink({ year, month, day }: Moment, layout: Layout): string {
  const extension = extensionOf(layout)
  return layout.dirtype === 'subdirs'
    ? `../../${year}/${month}/${day}${extension}`
    : `./${year}-${month}-${day}${extension}`
}

function extensionOf({ file_format: format }: Layout): string {
  return format === 'html' ? '.html' : '.txt'
}

/** A name that stays in its folder, whatever a room is called. */
function safeName(name: string): string {
  const encoded = name.replace(
    /[%/\\\0]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  )
  return encoded === '.' || encoded === '..' ? encoded.replaceAll('.', '%2E') : encoded
}
