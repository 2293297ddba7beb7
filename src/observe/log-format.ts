import { stripVTControlCharacters, styleText } from 'node:util'

/** How a record is written: a JSON object, `key=value` pairs, or a line for a person at a terminal. */
export type LogFormat = 'json' | 'logfmt' | 'pretty'

type LogLine = Readonly<Record<string, unknown>>

/** Turns one line of JSON into one line of another format; both end with a line feed. */
export type Formatter = (jsonLine: string) => string

const needsQuotes = /[\s"=\\]|^$/

function logfmtValue(value: unknown): string {
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  return needsQuotes.test(text) ? JSON.stringify(text) : text
}

function pairs(record: LogLine): string[] {
  return Object.entries(record).map(([key, value]) => `${key}=${logfmtValue(value)}`)
}

function logfmt({ when, level, what, ...rest }: LogLine): string {
  return `${pairs({ when, level, what, ...rest }).join(' ')}\n`
}

const colours = { critical: 'magenta', error: 'red', warning: 'yellow', info: 'green', debug: 'gray' } as const

function isSeverity(level: string): level is keyof typeof colours {
  return level in colours
}

// Whether there is colour at all is decided once, below, and not by what stdout is at the moment.
function paint(style: Parameters<typeof styleText>[0], text: string): string {
  return styleText(style, text, { validateStream: false })
}

function pretty({ when, level, what, ...rest }: LogLine): string {
  const severity = String(level)
  const time = String(when).slice(11, 23)
  const name = isSeverity(severity) ? paint(colours[severity], severity.padEnd(8)) : severity
  // A stack trace is more use to a person as lines below than as one long quoted value.
  const { text, ...simple } = splitStack(rest)
  const context = pairs(simple.rest).join(' ')
  return `${paint('gray', time)} ${name} ${paint('bold', String(what))}${context && ` ${context}`}\n${text}`
}

function splitStack(rest: LogLine): { rest: LogLine; text: string } {
  const stacks: string[] = []
  const kept: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(rest)) {
    if (typeof value === 'object' && value !== null && 'stacktrace' in value) {
      const { stacktrace, ...others } = value as { stacktrace: unknown }
      stacks.push(`${String(stacktrace).replace(/^/gm, '    ')}\n`)
      kept[key] = others
    } else kept[key] = value
  }
  return { rest: kept, text: stacks.join('') }
}

/** The formatter of a format; colours only where `hasColour`. */
export function formatter(format: LogFormat, hasColour: boolean): Formatter {
  if (format === 'json') return (line) => line
  if (format === 'logfmt') return (line) => logfmt(JSON.parse(line) as LogLine)
  const colourful: Formatter = (line) => pretty(JSON.parse(line) as LogLine)
  return hasColour ? colourful : (line) => stripVTControlCharacters(colourful(line))
}
