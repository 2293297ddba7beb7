import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { logLevels } from '../config/sections/general.ts'
import { FakeClock } from '../util/clock.ts'
import { formatter } from './log-format.ts'
import { createLogger, type LoggerOptions } from './logger.ts'
import { MemoryLog } from './memory-log.ts'

const folder = mkdtempSync(join(tmpdir(), 'meerkat-log-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function logInto(lines: string[], options: LoggerOptions = {}) {
  return createLogger({ clock: new FakeClock(0), console: (line) => lines.push(line), level: 'all', ...options })
}

describe('a record', () => {
  it('is one JSON object a line, with time and severity', () => {
    const lines: string[] = []
    logInto(lines).warn({ what: 'no_route_found', to_jid: 'a@b' })
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/\}\n$/)
    expect(JSON.parse(lines[0] as string)).toEqual({
      when: '1970-01-01T00:00:00.000Z',
      level: 'warning',
      what: 'no_route_found',
      to_jid: 'a@b',
    })
  })

  it('carries the fields of the logger and of its parents', () => {
    const lines: string[] = []
    const log = logInto(lines, { fields: { node: 'n1' } })
    log.child({ host_type: 'h' }).child({ module: 'mod_ping' }).error({ what: 'x' })
    expect(JSON.parse(lines[0] as string)).toMatchObject({ node: 'n1', host_type: 'h', module: 'mod_ping', what: 'x' })
  })

  it('names the severity as the configuration does', () => {
    const lines: string[] = []
    const log = logInto(lines)
    for (const verb of ['critical', 'error', 'warn', 'info', 'debug'] as const) log[verb]({ what: 'x' })
    expect(lines.map((line) => JSON.parse(line).level)).toEqual(['critical', 'error', 'warning', 'info', 'debug'])
  })
})

describe('the threshold', () => {
  it('lets through what is at least as grave', () => {
    const passing = logLevels.map((level) => {
      const lines: string[] = []
      const log = logInto(lines, { level })
      for (const verb of ['critical', 'error', 'warn', 'info', 'debug'] as const) log[verb]({ what: 'x' })
      return [level, lines.length]
    })
    expect(Object.fromEntries(passing)).toEqual({
      none: 0,
      emergency: 1,
      alert: 1,
      critical: 1,
      error: 2,
      warning: 3,
      notice: 3,
      info: 4,
      debug: 5,
      all: 5,
    })
  })

  it('changes for all loggers of a family at once', () => {
    const lines: string[] = []
    const log = logInto(lines, { level: 'error' })
    const child = log.child({ a: 1 })
    child.debug({ what: 'x' })
    expect(child.writes('debug')).toBe(false)
    log.level = 'debug'
    child.debug({ what: 'y' })
    expect(child.writes('debug')).toBe(true)
    expect(child.level).toBe('debug')
    expect(lines.map((line) => JSON.parse(line).what)).toEqual(['y'])
  })

  it('is warning unless given', () => {
    expect(createLogger({ console: 'none' }).level).toBe('warning')
  })
})

describe('formats', () => {
  const json = `${JSON.stringify({ level: 'error', when: '2026-01-02T03:04:05.678Z', what: 'x', text: 'two words', n: 1, o: { a: '"' }, e: '' })}\n`

  it('writes logfmt with time, severity and name first', () => {
    expect(formatter('logfmt', false)(json)).toBe(
      'when=2026-01-02T03:04:05.678Z level=error what=x text="two words" n=1 o="{\\"a\\":\\"\\\\\\"\\"}" e=""\n',
    )
  })

  it('writes a line for a person, in colour only where there is colour', () => {
    const plain = formatter('pretty', false)(json)
    expect(plain).toMatch(/^03:04:05\.678 error {4}x text="two words" n=1/)
    expect(formatter('pretty', true)(json)).not.toBe(plain)
    expect(stripVTControlCharacters(formatter('pretty', true)(json))).toBe(plain)
  })

  it('shows a person the stack below the line', () => {
    const lines: string[] = []
    logInto(lines, { format: 'pretty' }).error({ what: 'x', reason: new Error('no') })
    const [first, second] = (lines[0] as string).split('\n')
    expect(first).toMatch(/x reason=.*no/)
    expect(second).toMatch(/^ {4}Error: no/)
  })
})

describe('log files', () => {
  it('goes on with a file that is there, and moves it aside when it is full', () => {
    const path = join(folder, 'deep', 'm.log')
    const open = () => createLogger({ console: 'none', files: [{ path, maxBytes: 150, maxFiles: 3 }] })
    open().error({ what: 'event_1' })
    const log = open()
    for (let i = 2; i <= 9; i += 1) log.error({ what: `event_${i}` })
    log.close()
    const names = (file: string) => [...readFileSync(file, 'utf8').matchAll(/what=(\w+)/g)].map((match) => match[1])
    expect(names(`${path}.1`)).toEqual(['event_4', 'event_5', 'event_6'])
    expect(names(`${path}.0`)).toEqual(['event_7', 'event_8', 'event_9'])
    expect(names(path)).toEqual([])
    expect(existsSync(`${path}.2`)).toBe(false)
  })

  it('opens the file anew after somebody else has moved it', () => {
    const path = join(folder, 'n.json')
    const log = createLogger({ console: 'none', files: [{ path, format: 'json' }] })
    log.error({ what: 'before' })
    renameSync(path, `${path}.moved`)
    log.reopen()
    log.error({ what: 'after' })
    log.close()
    expect(JSON.parse(readFileSync(path, 'utf8')).what).toBe('after')
    expect(JSON.parse(readFileSync(`${path}.moved`, 'utf8')).what).toBe('before')
  })

  it('says at once when a file cannot be opened', () => {
    const path = join(folder, 'a-file')
    writeFileSync(path, '')
    expect(() => createLogger({ console: 'none', files: [{ path: join(path, 'm.log') }] })).toThrow()
  })
})

describe('a log in memory', () => {
  it('keeps what is logged, children included, from its threshold on', () => {
    const log = new MemoryLog()
    log.child({ room: 'r' }).info({ what: 'a', n: 1 })
    log.level = 'error'
    log.warn({ what: 'b' })
    expect(log.records).toEqual([{ level: 'info', what: 'a', n: 1, room: 'r' }])
    expect(log.named('a')).toHaveLength(1)
  })
})
