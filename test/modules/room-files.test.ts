import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { search } from '../support/archive.ts'
import { configuration, lightNs, lightService, makesRoom } from '../support/light-rooms.ts'
import { ownServer } from '../support/own-server.ts'
import { changes, enters, opens } from '../support/rooms.ts'

const archived = (service: string) => `[modules.mod_mam.muc]\nhost = "${service}.@HOST@"\n`

/** A folder that is gone after the tests of the block. */
function folder(): (name: string) => string {
  let path = ''
  beforeAll(async () => {
    path = await mkdtemp(join(tmpdir(), 'meerkat-rooms-'))
  })
  afterAll(() => rm(path, { recursive: true, force: true }))
  return (name) => join(path, name)
}

interface Outcome {
  readonly status: string
  readonly taken: Readonly<Record<string, number>>
  readonly errors: readonly { readonly user: string; readonly error: string }[]
}

describe('rooms in a file (muc.jsonl)', () => {
  const tables = `[modules.mod_muc]\n${archived('conference')}`
  const [own, other] = [ownServer(tables), ownServer(tables)]
  const at = folder()
  const room = 'hall@conference.localhost'
  const imported = (path: string, more = {}) =>
    other.command('server.importData', { path, ...more }) as Promise<Outcome>
  const config = {
    'muc#roomconfig_roomname': 'The hall',
    'muc#roomconfig_persistentroom': '1',
    'muc#roomconfig_membersonly': '1',
    'muc#roomconfig_allowpm': 'moderators',
    'muc#roomconfig_getmemberlist': ['moderator', 'participant'],
  }

  it('move to another server: configuration, affiliations, subject, card and history', async () => {
    const lena = await own.client('lena', 'pc')
    await opens(lena, room, config)
    await opens(lena, 'passing@conference.localhost')
    await lena.asks(changes(`affiliation='member' jid='mona@localhost' nick='Möna'`), 'set', { to: room })
    await lena.asks(changes(`affiliation='outcast' jid='spam.example'`), 'set', { to: room })
    await lena.asks(`<vCard xmlns='vcard-temp'><FN>Hall &amp; Co</FN></vCard>`, 'set', { to: room })
    lena.sends(`<message to='${room}' type='groupchat'><subject>Fire drill</subject></message>`)
    for (const text of ['one', 'two', 'ä &lt; ö']) {
      lena.sends(`<message to='${room}' type='groupchat'><body>${text}</body></message>`)
    }
    await lena.drains()
    expect(await own.command('server.exportData', { path: at('out') })).toMatchObject({
      files: ['server-data.xml', 'localhost.xml', 'muc.jsonl'],
    })
    expect(await imported(at('out'), { check: true })).toMatchObject({ status: 'Checked', taken: { rooms: 1 } })
    expect(await imported(at('out'))).toMatchObject({
      status: 'Completed',
      taken: { rooms: 1, 'archived messages of rooms': 3 },
      errors: [],
    })

    const again = await other.client('lena', 'pc')
    const seen = await enters(again, room, 'owner')
    expect(seen.at(-1)?.child('subject')?.text()).toBe('Fire drill')
    expect((await search(again, { to: room })).bodies).toEqual(['one', 'two', 'ä < ö'])
    expect((await search(again, { to: room })).ids).toEqual((await search(lena, { to: room })).ids)
    expect(`${await again.asks(`<vCard xmlns='vcard-temp'/>`, 'get', { to: room })}`).toContain('Hall &amp; Co')
    // What is exported of it is what was.
    await other.command('server.exportData', { path: at('again') })
    expect(await readFile(at('again/muc.jsonl'), 'utf8')).toBe(await readFile(at('out/muc.jsonl'), 'utf8'))
  })

  it('that exist are refused unless they are merged, which adds who is missing and changes nothing twice', async () => {
    const lines = (await readFile(at('out/muc.jsonl'), 'utf8')).trimEnd().split('\n')
    const [first = '', ...history] = lines
    const described = JSON.parse(first)
    described.affiliations.push({ jid: 'nina@localhost', affiliation: 'admin' })
    described.configuration['muc#roomconfig_roomname'] = ['Another name']
    const text = [JSON.stringify(described), ...history].join('\n')
    await writeFile(at('muc.jsonl'), text)
    expect(await imported(at('muc.jsonl'))).toMatchObject({
      status: 'Refused',
      errors: [{ user: room, error: 'there is such a room already; see --merge' }],
    })
    for (let i = 0; i < 2; i++) {
      expect(await imported(at('muc.jsonl'), { existing: 'merge' })).toMatchObject({ status: 'Completed', errors: [] })
    }
    await other.command('server.exportData', { path: at('merged') })
    const merged = (await readFile(at('merged/muc.jsonl'), 'utf8')).trimEnd().split('\n')
    expect(merged).toHaveLength(lines.length)
    const after = JSON.parse(merged[0] ?? '')
    expect(after.configuration['muc#roomconfig_roomname']).toEqual(['The hall'])
    expect(after.affiliations).toEqual(expect.arrayContaining(described.affiliations))
  })

  it('change nothing where anything is wrong, and say what and where', async () => {
    const good = { room: 'new@conference.localhost', configuration: {}, affiliations: [] }
    const faults: [object, string][] = [
      [{ ...good, configuration: { nonsense: ['1'] } }, 'There is no setting nonsense'],
      [
        { ...good, configuration: { 'muc#roomconfig_whois': ['nobody'] } },
        'muc#roomconfig_whois cannot have this value',
      ],
      [{ ...good, affiliations: [{ jid: 'a@@b', affiliation: 'owner' }] }, 'a@@b is no address'],
      [{ ...good, affiliations: [{ jid: 'a@b', affiliation: 'king' }] }, 'affiliations.0.affiliation'],
      [{ ...good, room: 'hall@elsewhere.example' }, 'there is no such service of rooms here'],
      [{ ...good, room: 'conference.localhost' }, 'this is no address of a room'],
      [
        { room: 'lost@conference.localhost', message: '<result/>' },
        'a message of a room that does not stand before it',
      ],
    ]
    for (const [line, error] of faults) {
      await writeFile(
        at('muc.jsonl'),
        `${JSON.stringify({ ...good, room: 'fine@conference.localhost' })}\n${JSON.stringify(line)}\n`,
      )
      const outcome = await imported(at('muc.jsonl'))
      expect(outcome.status).toBe('Refused')
      expect(outcome.errors).toEqual([{ user: expect.any(String), error: expect.stringContaining(error) }])
    }
    const message = { room: good.room, message: `<result xmlns='urn:xmpp:mam:2' id='x'/>` }
    await writeFile(at('muc.jsonl'), `${JSON.stringify(good)}\n${JSON.stringify(message)}`)
    expect((await imported(at('muc.jsonl'))).errors).toHaveLength(1)
    await writeFile(at('muc.jsonl'), `${JSON.stringify(good)}\n{"room": 7}\n`)
    await expect(imported(at('muc.jsonl'))).rejects.toThrow('muc.jsonl:2: this is no room, nor of one')
    const lena = await other.client('lena', 'pc')
    const info = `<query xmlns='http://jabber.org/protocol/disco#info'/>`
    await lena.asks(info, 'get', { to: 'fine@conference.localhost', refused: 'item-not-found' })
  })
})

describe('MUC Light rooms in a file (muc_light.jsonl)', () => {
  const tables = `[modules.mod_muc_light]\n${archived('muclight')}`
  const [own, other] = [ownServer(tables), ownServer(tables)]
  const at = folder()
  const room = `den@${lightService}`

  it('move to another server: settings, who belongs to them, version and history', async () => {
    const [lena, mona] = [await own.client('lena', 'pc'), await own.client('mona', 'pc')]
    await makesRoom(lena, [mona], room)
    await lena.asks(configuration('<roomname>The den</roomname>'), 'set', { to: room })
    mona.sends(`<message to='${room}' type='groupchat'><body>kept</body></message>`)
    await mona.drains()
    const files = ['server-data.xml', 'localhost.xml', 'muc_light.jsonl']
    expect(await own.command('server.exportData', { path: at('out') })).toMatchObject({ files })
    const read = (more = {}) => other.command('server.importData', { path: at('out'), ...more }) as Promise<Outcome>
    expect(await read()).toMatchObject({ status: 'Completed', errors: [], taken: { 'MUC Light rooms': 1 } })
    const again = await other.client('mona', 'pc')
    const info = `${await again.asks(`<query xmlns='${lightNs}#info'/>`, 'get', { to: room })}`
    expect(info).toBe(
      `${await mona.asks(`<query xmlns='${lightNs}#info'/>`, 'get', { to: room })}`.replace(
        / id='[^']*'/,
        / id='[^']*'/.exec(info)?.[0] ?? '',
      ),
    )
    expect((await search(again, { to: room })).ids).toEqual((await search(mona, { to: room })).ids)
    expect(await read({ existing: 'merge' })).toMatchObject({ status: 'Completed', errors: [] })
    await other.command('server.exportData', { path: at('again') })
    expect(await readFile(at('again/muc_light.jsonl'), 'utf8')).toBe(await readFile(at('out/muc_light.jsonl'), 'utf8'))
  })

  it('that are merged get those who are missing, as members', async () => {
    await other.client('nina', 'pc')
    const [first = ''] = (await readFile(at('out/muc_light.jsonl'), 'utf8')).split('\n')
    const line = JSON.parse(first)
    line.affiliations.push({ jid: 'nina@localhost', affiliation: 'owner' })
    await writeFile(at('muc_light.jsonl'), JSON.stringify(line))
    const path = at('muc_light.jsonl')
    for (let i = 0; i < 2; i++) {
      expect(await other.command('server.importData', { path, existing: 'merge' })).toMatchObject({ errors: [] })
    }
    await other.command('server.exportData', { path: at('merged') })
    const [merged = ''] = (await readFile(at('merged/muc_light.jsonl'), 'utf8')).split('\n')
    expect(JSON.parse(merged).affiliations).toEqual([
      { jid: 'lena@localhost', affiliation: 'owner' },
      { jid: 'mona@localhost', affiliation: 'member' },
      { jid: 'nina@localhost', affiliation: 'member' },
    ])
  })

  it('are refused where they exist, or are not as rooms are here', async () => {
    const [first = ''] = (await readFile(at('out/muc_light.jsonl'), 'utf8')).split('\n')
    const line = JSON.parse(first)
    const faults: [object, string][] = [
      [line, 'there is such a room already'],
      [{ ...line, room: `new@${lightService}`, configuration: { colour: 'red' } }, 'colour is not a setting'],
      [{ ...line, room: `new@${lightService}`, affiliations: [] }, 'affiliations'],
      [{ ...line, room: `new@${lightService}`, affiliations: [{ jid: 'a@b/c', affiliation: 'owner' }] }, 'a@b/c is no'],
    ]
    for (const [fault, error] of faults) {
      await writeFile(at('muc_light.jsonl'), JSON.stringify(fault))
      const outcome = (await other.command('server.importData', { path: at('muc_light.jsonl') })) as Outcome
      expect(outcome.errors[0]?.error).toContain(error)
      expect(outcome.status).toBe('Refused')
    }
  })
})
