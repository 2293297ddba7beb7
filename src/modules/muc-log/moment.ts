/** A moment by one clock, as files and lines name it. */
export interface Moment {
  readonly year: string
  readonly month: string
  readonly day: string
  /** `HH:MM:SS`. */
  readonly time: string
  /** Microseconds, six digits. */
  readonly micro: string
  /** Hours that the clock is before that of Greenwich. */
  readonly offset: string
  /** `Thursday, November 26, 2026`. */
  readonly longDate: string
}

/** Which clock is meant. */
export type Zone = 'local' | 'universal'

/** Reads a clock at a moment in milliseconds since the epoch. */
export function momentOf(ms: number, zone: Zone): Moment {
  const shift = zone === 'local' ? -new Date(ms).getTimezoneOffset() : 0
  // Shifted so that the fields of UTC are those of the clock meant.
  const date = new Date(ms + shift * 60_000)
  const [day, time = ''] = date.toISOString().split('T')
  const [year = '', month = '', dayOfMonth = ''] = (day ?? '').split('-')
  const longDate = date.toLocaleDateString('en-US', { timeZone: 'UTC', dateStyle: 'full' })
  const hours = shift / 60
  return {
    year,
    month,
    day: dayOfMonth,
    time: time.slice(0, 8),
    micro: `${time.slice(9, 12)}000`,
    offset: hours < 0 ? String(hours) : `+${hours}`,
    longDate,
  }
}
