import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { zip } from './zip.ts'

describe('a zip archive', () => {
  it('is read by another program, with names and times', () => {
    const folder = mkdtempSync(join(tmpdir(), 'meerkat-zip-'))
    try {
      const file = join(folder, 'a.zip')
      const long = 'grüße '.repeat(10_000)
      const entries = [
        { name: 'roster.csv', data: Buffer.from('jid,name\r\n') },
        { name: 'größe.txt', data: Buffer.from(long) },
        { name: 'empty', data: Buffer.alloc(0) },
      ]
      writeFileSync(file, zip(entries, Date.UTC(2026, 10, 26, 17, 30, 8)))
      const script =
        'import json, sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\nassert z.testzip() is None\n' +
        'print(json.dumps([[i.filename, list(i.date_time), z.read(i).decode()] for i in z.infolist()]))'
      const read = JSON.parse(execFileSync('python3', ['-c', script, file], { encoding: 'utf8' }))
      const time = [2026, 11, 26, 17, 30, 8]
      expect(read).toEqual([
        ['roster.csv', time, 'jid,name\r\n'],
        ['größe.txt', time, long],
        ['empty', time, ''],
      ])
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
