import type { TextFiles } from '../../storage/text-files.ts'
import type { RoomHappening } from '../muc/api.ts'
import { logLine, sayingOf } from './log-line.ts'
import { boxes, pageFoot, pageHead } from './log-page.ts'
import { logPath } from './log-path.ts'
import { momentOf } from './moment.ts'
import type { MucLogOptions } from './options.ts'

const oneDay = 24 * 60 * 60 * 1000

/** Writes what happens in rooms that are logged. Rooms never wait for it. */
export class LogDesk {
  readonly #options: MucLogOptions
  readonly #files: TextFiles
  readonly #onFailure: (error: unknown) => void
  /** Rooms whose last event was logged: that logging has been switched off is said too. */
  readonly #logged = new Set<string>()

  constructor(options: MucLogOptions, files: TextFiles, onFailure: (error: unknown) => void) {
    this.#options = options
    this.#files = files
    this.#onFailure = onFailure
  }

  /** `now`: milliseconds since the epoch. */
  note({ room, event }: Pick<RoomHappening, 'room' | 'event'>, now: number): void {
    const name = room.jid.full
    const wasLogged = this.#logged.has(name)
    const isOver = event.kind === 'destroyed' || event.kind === 'stopped'
    if (room.config.isLogged && !isOver) this.#logged.add(name)
    else this.#logged.delete(name)
    if (!room.config.isLogged && !(wasLogged && event.kind === 'configured')) return
    const saying = sayingOf({ event })
    if (saying === undefined) return
    const day = momentOf(now, this.#options.timezone)
    const isHtml = this.#options.file_format === 'html'
    const after = isHtml && event.kind === 'configured' ? boxes(room, `${day.time}.${day.micro}`) : ''
    const line = logLine(saying, day, this.#options) + after
    const days = {
      day,
      before: momentOf(now - oneDay, this.#options.timezone),
      after: momentOf(now + oneDay, this.#options.timezone),
    }
    // The state of the room is that of now, not of when its turn to be written comes.
    const head = isHtml ? pageHead(room, days, this.#options) : ''
    this.#write(logPath(room.jid, day, this.#options), { head, line }, logPath(room.jid, days.before, this.#options))
  }

  /** The first line of a day begins its page and ends that of the day before. */
  #write(file: string, { head, line }: { head: string; line: string }, previous: string): void {
    let isFirst = false
    const written = this.#files
      .append(file, (isNew) => {
        isFirst = isNew
        return isNew ? head + line : line
      })
      .then(() => (isFirst && head !== '' ? this.#files.appendIfThere(previous, pageFoot) : undefined))
    written.catch(this.#onFailure)
  }
}
