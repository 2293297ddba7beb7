import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import type { RoomEvent } from '../../src/modules/muc/core/room-event.ts'
import { LogDesk } from '../../src/modules/muc-log/log-desk.ts'
import { options } from '../../src/modules/muc-log/options.ts'
import { Stanza } from '../../src/stanza/stanza.ts'
import { TextFiles } from '../../src/storage/text-files.ts'
import { el } from '../../src/xml/element.ts'
import { ownServer } from '../support/own-server.ts'
import { roomOf } from '../support/room-of.ts'
import { codesOf, configForm, enters, formsNs, freshRoom, opens, ownerNs } from '../support/rooms.ts'

const noon = Date.UTC(2026, 10, 26, 12, 34, 56, 789)
const oneDay = 24 * 60 * 60 * 1000
const who = { nick: 'Otto', real: Jid.parse('otto@localhost') }
const says = (text: string): RoomEvent => ({
  kind: 'spoke',
  who,
  stanza: Stanza.make('message', { type: 'groupchat' }, el('body', 'jabber:client', text)),
})

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'meerkat-log-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** Logs what happens in one room and gives the text of its files by name. */
async function logged(
  settings: object,
  events: readonly (readonly [RoomEvent, number])[],
  room = roomOf({ isLogged: true, title: 'The <room>' }),
): Promise<Record<string, string>> {
  const files = new TextFiles()
  const failures: unknown[] = []
  const desk = new LogDesk(options.parse({ outdir: folder, timezone: 'universal', ...settings }), files, (error) =>
    failures.push(error),
  )
  for (const [event, at] of events) {
    desk.note({ room, event }, at)
    await files.idle()
  }
  // What ends the page before is written after the first line of the new one.
  await files.idle()
  expect(failures).toEqual([])
  const names = await readdir(folder, { recursive: true, withFileTypes: true })
  const texts = names
    .filter((entry) => entry.isFile())
    .map(async (entry) => {
      const file = join(entry.parentPath, entry.name)
      return [file.slice(folder.length + 1), await readFile(file, 'utf8')] as const
    })
  return Object.fromEntries(await Promise.all(texts))
}

describe('mod_muc_log', () => {
  it('files are where they should be, in each layout', async () => {
    const layouts = [
      ['subdirs', 'html', '/2026/11/26.html'],
      ['subdirs', 'plaintext', '/2026/11/26.txt'],
      ['plain', 'html', '/2026-11-26.html'],
      ['plain', 'plaintext', '/2026-11-26.txt'],
    ] as const
    for (const [dirtype, file_format, path] of layouts) {
      for (const [dirname, folderName] of [
        ['room_jid', 'room@conference.localhost'],
        ['room_name', 'room'],
      ]) {
        const outdir = join(folder, `${dirtype}-${file_format}-${dirname}`)
        const files = await logged({ dirtype, file_format, dirname, outdir }, [[says('hi'), noon]])
        expect(Object.keys(files)).toContain(`${dirtype}-${file_format}-${dirname}/${folderName}${path}`)
      }
    }
  })

  it('writes a line of its own kind for each event', async () => {
    const all: readonly (readonly [RoomEvent, string])[] = [
      [{ kind: 'created' }, '<span class="mrcm">Chatroom is created</span>'],
      [{ kind: 'joined', who }, '<span class="mj">Otto joins the room</span>'],
      [says('hello'), '<span class="mn">&lt;Otto&gt;</span> hello<br/>'],
      [says('/me waves'), '<span class="mne">Otto waves</span>'],
      [{ kind: 'subject', who, subject: 'News' }, '<span class="msc">Otto has set the subject to: News</span>'],
      [{ kind: 'renamed', who, before: 'Hugo' }, '<span class="mnc">Hugo is now known as Otto</span>'],
      [{ kind: 'removed', who, code: 307, reason: 'noise' }, '<span class="mk">Otto has been kicked: noise</span>'],
      [{ kind: 'removed', who, code: 301, reason: '' }, '<span class="mb">Otto has been banned</span>'],
      [{ kind: 'left', who, reason: '' }, '<span class="mj">Otto leaves the room</span>'],
      [{ kind: 'left', who, reason: 'bye' }, '<span class="ml">Otto leaves the room: bye</span>'],
      [{ kind: 'configured' }, '<span class="mrcm">Chatroom configuration modified</span>'],
    ]
    const files = await logged(
      {},
      all.map(([event]) => [event, noon] as const),
    )
    const [text = ''] = Object.values(files)
    for (const [, line] of all) {
      expect(text).toContain(
        `<a id="12:34:56.789000" name="12:34:56.789000" href="#12:34:56.789000" class="ts">[12:34:56]</a> ${line}`,
      )
    }
    expect(text).toContain('<title>The &lt;room&gt; - Thursday, November 26, 2026</title>')
  })

  it('html is escaped, and links are links', async () => {
    const said = '<script>alert(1)</script> see https://example.org/?a=1&b=2 \u202e  two'
    const [text = ''] = Object.values(await logged({}, [[says(said), noon]]))
    expect(text).toContain(
      '&lt;script&gt;alert(1)&lt;/script&gt; see <a href="https://example.org/?a=1&amp;b=2" rel="nofollow">https://example.org/?a=1&amp;b=2</a> [RLO]&nbsp;&nbsp;two<br/>',
    )
  })

  it('plain text has no tags', async () => {
    const files = await logged({ file_format: 'plaintext' }, [
      [says('<b>hi</b>'), noon],
      [{ kind: 'joined', who }, noon],
    ])
    expect(Object.values(files)).toEqual(['[12:34:56] [Otto] [b]hi[/b]\n[12:34:56] Otto joins the room\n'])
  })

  it('a new day begins a page, ends that of the day before, and links to its neighbours', async () => {
    const files = await logged({ dirtype: 'plain', css_file: '/look.css' }, [
      [says('one'), noon],
      [says('two'), noon + oneDay],
    ])
    expect(
      Object.keys(files)
        .map((name) => name.slice(-15))
        .sort(),
    ).toEqual(['2026-11-26.html', '2026-11-27.html'])
    const [first = '', second = ''] = Object.entries(files)
      .sort()
      .map(([, text]) => text)
    expect(first).toMatch(/<div class="legend">.*<\/html>\n$/s)
    expect(second).not.toContain('</html>')
    expect(second).toContain('<a class="nav" href="./2026-11-26.html">&lt;</a>')
    expect(second).toContain('<a class="nav" href="./2026-11-28.html">&gt;</a>')
    expect(second).toContain('href="/look.css"')
  })

  it('writes nothing for a room that is not logged, and a name never leads out of the folder', async () => {
    expect(await logged({}, [[says('hi'), noon]], roomOf())).toEqual({})
    const room = roomOf({ isLogged: true })
    const odd = Object.assign(Object.create(room) as typeof room, { jid: Jid.parse('..@conference.localhost') })
    const files = await logged({ dirname: 'room_name', dirtype: 'plain' }, [[says('hi'), noon]], odd)
    expect(Object.keys(files)).toEqual(['%2E%2E/2026-11-26.html'])
  })
})

describe('mod_muc_log in a server', () => {
  const logs = join(tmpdir(), `meerkat-muc-log-${process.pid}`)
  const own = ownServer(`
[modules.mod_muc]
[modules.mod_muc_log]
outdir = ${JSON.stringify(logs)}
access_log = "may_log"
file_format = "plaintext"
dirtype = "plain"
dirname = "room_name"
[acl]
loggers = [{ user = "lena" }]
[access]
may_log = [{ acl = "loggers", value = "allow" }]
`)
  afterEach(() => rm(logs, { recursive: true, force: true }))

  it('only those who may see the switch, and everybody is warned: 170, 171', async () => {
    const [lena, mona] = [await own.client('lena', 'pc'), await own.client('mona', 'pc')]
    const room = freshRoom('localhost')
    await opens(lena, room, { 'muc#roomconfig_enablelogging': '1' })
    const seen = await enters(mona, room, 'second')
    expect(seen.some((each) => codesOf(each).includes('170') && codesOf(each).includes('110'))).toBe(true)
    await lena.drains()
    await mona.drains()
    await lena.asks(configForm({ 'muc#roomconfig_enablelogging': '0' }), 'set', { to: room })
    expect(codesOf(await mona.takes((each) => each.name === 'message'))).toEqual(['171'])
    await lena.asks(configForm({ 'muc#roomconfig_enablelogging': '1' }), 'set', { to: room })
    expect(codesOf(await mona.takes((each) => each.name === 'message'))).toEqual(['170'])

    const other = freshRoom('localhost')
    await opens(mona, other)
    const form = await mona.asks(`<query xmlns='${ownerNs}'/>`, 'get', { to: other })
    expect(form.child('query', ownerNs)?.child('x', formsNs)).toBeDefined()
    expect(form.toString()).not.toContain('enablelogging')
    await mona.asks(configForm({ 'muc#roomconfig_enablelogging': '1' }), 'set', {
      to: other,
      refused: 'not-acceptable',
    })
    mona.sends(`<message to='${room}' type='groupchat'><body>written down</body></message>`)
    await lena.takes((each) => each.child('body') !== undefined)
    // The last lines are written before a server has stopped.
    await own.restart()
    const [file = ''] = await readdir(join(logs, room.split('@')[0] ?? ''))
    const text = await readFile(join(logs, room.split('@')[0] ?? '', file), 'utf8')
    expect(text).toContain('second joins the room')
    expect(text).toContain('[second] written down')
  })
})
