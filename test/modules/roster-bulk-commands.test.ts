import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ownServer } from '../support/own-server.ts'

const own = ownServer('')
const { client, command } = own
const domain = 'localhost'
const folder = mkdtempSync(join(tmpdir(), 'meerkat-lists-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}
const contacts = (user: string) => command('roster.listContacts', { user: `${user}@${domain}` })
const process = (words: object) => command('roster.processItems', { action: 'list', ...words })

describe('many rosters by command', () => {
  it('contacts in a file go into the roster of a user, whose clients are told', async () => {
    const [anna] = [await client('anna'), await client('ben')]
    await anna.asks(`<query xmlns='jabber:iq:roster'/>`)
    const terms = `[{<<"ben">>, <<"${domain}">>, <<"Work">>, <<"Ben">>}, {<<"anna">>, <<"${domain}">>, <<"Work">>, <<"A">>}].`
    const path = file('list.terms', terms)
    expect(await command('roster.pushFile', { path, user: anna.bare })).toBe('1 contacts added')
    await anna.receives(`<iq type='set'><query xmlns='jabber:iq:roster'>{any}</query></iq>`)
    const ben = { jid: `ben@${domain}`, name: 'Ben', groups: ['Work'], subscription: 'BOTH', ask: 'NONE' }
    expect(await contacts('anna')).toEqual([ben])
    const code = (name: string) => ({ code: name })
    const nobody = `nobody@${domain}`
    await expect(command('roster.pushFile', { path, user: nobody })).rejects.toMatchObject(code('user_not_exist'))
    const gone = join(folder, 'gone')
    await expect(command('roster.pushFile', { path: gone, user: anna.bare })).rejects.toMatchObject(
      code('file_not_found'),
    )
    const broken = file('broken', '[{')
    await expect(command('roster.pushFile', { path: broken, user: anna.bare })).rejects.toMatchObject(
      code('bad_parameter'),
    )
  })

  it('users in a file become contacts of each other, or none where one does not exist', async () => {
    for (const name of ['carl', 'dora']) await client(name)
    const both = ['carl', 'dora'].map((name) => ({ jid: `${name}@${domain}`, name: name.toUpperCase() }))
    const strange = file('strange.json', JSON.stringify([...both, { jid: `nobody@${domain}` }]))
    await expect(command('roster.pushFileToAll', { path: strange })).rejects.toMatchObject({ code: 'user_not_exist' })
    expect(await contacts('carl')).toEqual([])
    const path = file('both.json', JSON.stringify(both))
    expect(await command('roster.pushFileToAll', { path })).toBe('2 contacts added')
    expect(await contacts('carl')).toMatchObject([{ jid: `dora@${domain}`, name: 'DORA', subscription: 'BOTH' }])
    expect(await contacts('dora')).toMatchObject([{ jid: `carl@${domain}`, name: 'CARL', subscription: 'BOTH' }])
  })

  it('are listed by subscription, question, user and contact, and removed with their subscriptions', async () => {
    const [emil, fritz] = [await client('emil'), await client('fritz')]
    const put = (contact: string, subscription: string) =>
      command('roster.addItem', { user: emil.bare, contact, name: '', groups: [], subscription })
    await put('icq.other.example', 'NONE')
    await put('1@icq.other.example', 'TO')
    await put(fritz.bare, 'BOTH')
    await command('roster.addItem', { user: fritz.bare, contact: emil.bare, subscription: 'BOTH' })
    await command('roster.addContact', { user: emil.bare, contact: 'someone@other.example' })
    await command('roster.subscription', { user: emil.bare, contact: 'someone@other.example', action: 'INVITE' })
    const users = emil.bare
    const row = (contact: string, subscription: string, ask = 'none') => ({
      user: emil.bare,
      contact,
      subscription,
      ask,
    })
    expect(await process({ users })).toEqual([
      row('1@icq.other.example', 'to'),
      row(fritz.bare, 'both'),
      row('icq.other.example', 'none'),
      row('someone@other.example', 'none', 'out'),
    ])
    expect(await process({ users, subscriptions: 'to:both', contacts: `*@${domain}` })).toEqual([
      row(fritz.bare, 'both'),
    ])
    expect(await process({ users, asks: 'out' })).toEqual([row('someone@other.example', 'none', 'out')])
    expect(await process({ users: '*@elsewhere.example' })).toEqual([])
    await expect(process({ asks: 'perhaps' })).rejects.toMatchObject({ code: 'bad_parameter' })
    const removed = { action: 'delete', users, contacts: `*:*@*icq*:${fritz.bare}` }
    expect(await process(removed)).toHaveLength(3)
    expect(await contacts('emil')).toMatchObject([{ jid: 'someone@other.example' }])
    await expect.poll(() => contacts('fritz')).toMatchObject([{ jid: emil.bare, subscription: 'NONE' }])
  })

  it('all users of a domain become contacts of each other, page after page', async () => {
    const names = Array.from({ length: 25 }, (_, at) => `user-${at}`)
    for (const username of names) await command('account.registerUser', { domain, username, password: 'x' })
    const count = (await command('account.countUsers', { domain })) as number
    const wanted = { domain, group: 'Everybody' }
    expect(await command('roster.pushAllToAll', wanted)).toBe(`${count * (count - 1)} contacts added`)
    expect(await contacts('user-7')).toHaveLength(count - 1)
    expect(await contacts('user-7')).toContainEqual({
      ...{ jid: `user-8@${domain}`, name: 'user-8', groups: ['Everybody'], subscription: 'BOTH', ask: 'NONE' },
    })
    // More than are read at a time.
    const all = (await process({ contacts: `*@${domain}`, subscriptions: 'both' })) as object[]
    expect(all).toHaveLength(count * (count - 1))
    const elsewhere = { domain: 'elsewhere.example', group: '' }
    await expect(command('roster.pushAllToAll', elsewhere)).rejects.toMatchObject({ code: 'domain_not_found' })
    await process({ action: 'delete', users: 'user-*@*' })
    expect(await process({ users: 'user-*@*' })).toEqual([])
    expect(await contacts('user-7')).toEqual([])
  })
})
