import { afterAll, describe, expect, it } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import { removeAccount } from '../../src/router/accounts.ts'
import { domainRemoved, personalData } from '../../src/router/events.ts'
import { FakeClock } from '../../src/util/clock.ts'
import { mam, query, search } from '../support/archive.ts'
import type { Client } from '../support/client.ts'
import { ownServer } from '../support/own-server.ts'
import type { XmlNode } from '../support/xml.ts'

const sid = 'urn:xmpp:sid:0'

async function say(from: Client, to: Client, inner = '<body>Hi</body>', type = 'chat'): Promise<XmlNode> {
  from.sends(`<message to='${to.jid}' type='${type}' id='m1'>${inner}</message>`)
  return (await to.receives('<message>{any}</message>')).element
}
const stanzaId = (message: XmlNode) => message.child('stanza-id', sid)?.attr('id')
async function featuresOf(client: Client, to: string) {
  const info = await client.asks(`<query xmlns='http://jabber.org/protocol/disco#info'/>`, 'get', { to })
  return info.elements().flatMap((node) => node.elements().map((child) => child.attr('var')))
}

describe('mod_mam without a section for an archive', () => {
  const { client } = ownServer('[modules.mod_mam]\n')

  it('does nothing', async () => {
    const [romeo, juliet] = [await client('romeo'), await client('juliet')]
    expect(stanzaId(await say(romeo, juliet))).toBeUndefined()
    await romeo.asks(query({}), 'set', { refused: 'service-unavailable' })
    expect(await featuresOf(romeo, romeo.bare)).not.toContain(mam)
  })
})

describe('mod_mam with everything turned round', () => {
  const { client } = ownServer(`[modules.mod_mam]
no_stanzaid_element = true
message_retraction = false
full_text_search = false
default_result_limit = 2
max_result_limit = 10
archive_chat_markers = true
async_writer.flush_interval = 1
[modules.mod_mam.pm]
archive_groupchats = true
same_mam_id_for_peers = true
enforce_simple_queries = true
max_result_limit = 3
`)

  it('gives no id to the recipient, and the same id in both archives', async () => {
    const [romeo, juliet] = [await client('romeo'), await client('juliet')]
    expect(stanzaId(await say(romeo, juliet))).toBeUndefined()
    expect((await search(romeo)).ids).toEqual((await search(juliet)).ids)
  })

  it('keeps chat markers with an id', async () => {
    const [a, b] = [await client('marker-a'), await client('marker-b')]
    await say(a, b, `<displayed xmlns='urn:xmpp:chat-markers:0' id='m0'/>`)
    await say(a, b, `<displayed xmlns='urn:xmpp:chat-markers:0'/>`)
    await say(a, b, `<markable xmlns='urn:xmpp:chat-markers:0'/>`)
    expect((await search(b)).ids).toHaveLength(1)
  })

  it('keeps what rooms send, on the side of who receives it, and leaves it out on request', async () => {
    const [a, b] = [await client('group-a'), await client('group-b')]
    await say(a, b, '<body>in the room</body>', 'groupchat')
    await say(a, b, '<body>between us</body>')
    expect((await search(a)).bodies).toEqual(['between us'])
    expect((await search(b)).bodies).toEqual(['in the room', 'between us'])
    for (const [value, count] of [
      ['false', 1],
      ['true', 2],
      ['maybe', 2],
    ] as const) {
      expect((await search(b, { fields: { 'include-groupchat': value } })).ids).toHaveLength(count)
    }
    const features = await featuresOf(a, a.bare)
    expect(features).toEqual(expect.arrayContaining([`${mam}#groupchat-field`, `${mam}#groupchat-available`]))
    expect(features).not.toContain(sid)
  })

  it('archives retractions without obeying them, and says so', async () => {
    const [a, b] = [await client('retract-a'), await client('retract-b')]
    await say(a, b, '<body>oops</body>')
    await say(a, b, `<retract xmlns='urn:xmpp:message-retract:1' id='m1'/>`)
    expect((await search(b)).bodies).toEqual(['oops', ''])
    const features = await featuresOf(a, 'localhost')
    expect(features).toEqual(expect.arrayContaining(['urn:xmpp:message-retract:0', 'urn:xmpp:message-retract:1']))
    expect(features.filter((name) => name?.includes('tombstone') || name?.includes('esl'))).toEqual([])
    expect(features).not.toContain('urn:xmpp:fulltext:0')
  })

  it('limits pages, and counts nothing', async () => {
    const [a, b] = [await client('page-a'), await client('page-b')]
    for (const body of ['1', '2', '3', '4']) await say(a, b, `<body>${body}</body>`)
    expect(await search(b)).toMatchObject({ bodies: ['1', '2'], count: undefined, isComplete: false })
    expect((await search(b, { set: '<max>50</max>' })).bodies).toEqual(['1', '2', '3'])
  })

  it('has no preferences, and finds no words', async () => {
    const romeo = await client('romeo')
    const told = (await romeo.asks(`<prefs xmlns='${mam}'/>`)).child('prefs', mam)
    expect(told?.attr('default')).toBe('always')
    await romeo.asks(`<prefs xmlns='${mam}' default='never'/>`, 'set', { refused: 'feature-not-implemented' })
    await romeo.asks(query({ fields: { fulltext: 'x' } }), 'set', { refused: 'feature-not-implemented' })
  })
})

describe('mod_mam with access rules and shapers', () => {
  const clock = new FakeClock(Date.now())
  const { client } = ownServer(
    `[modules.mod_mam.pm]
[acl]
closed = [{user = "closed"}]
[access]
mam_lookup_messages = [{acl = "closed", value = "deny"}, {acl = "all", value = "default"}]
mam_get_metadata = [{acl = "closed", value = "deny"}, {acl = "all", value = "allow"}]
mam_lookup_messages_shaper = [{acl = "all", value = "slow"}]
mam_get_prefs_global_shaper = [{acl = "all", value = "slow"}]
[shaper.slow]
max_rate = 1
`,
    { clock },
  )

  // To stop takes time.
  afterAll(() => {
    let left = 1000
    const passing = setInterval(() => {
      clock.advance(1000)
      if (--left === 0) clearInterval(passing)
    }, 5)
  })

  it('denies what a rule denies', async () => {
    const closed = await client('closed')
    await closed.asks(query({}), 'set', { refused: 'not-allowed' })
    await closed.asks(`<metadata xmlns='${mam}'/>`, 'get', { refused: 'not-allowed' })
    const open = await client('open')
    await open.asks(`<metadata xmlns='${mam}'/>`)
  })

  it('holds questions back, and refuses them when there are too many', async () => {
    const romeo = await client('eager')
    const answers: Promise<XmlNode>[] = []
    for (let at = 0; at < 6; at++) {
      romeo.sends(`<iq type='set' id='q${at}'>${query({})}</iq>`)
      answers.push(romeo.answerTo(`q${at}`))
    }
    for (const at of [0, 4, 5]) {
      const answer = await (answers[at] as Promise<XmlNode>)
      const isError = at > 3
      expect(answer.attr('type')).toBe(isError ? 'error' : 'result')
      if (isError) expect(String(answer)).toContain('flooding')
    }
    clock.advance(3000)
    for (const at of [1, 2, 3]) expect((await (answers[at] as Promise<XmlNode>)).attr('type')).toBe('result')
  })
})

describe('mod_mam and accounts', () => {
  const own = ownServer(`[modules.mod_mam]
user_prefs_store = "mnesia"
[modules.mod_mam.pm]
[modules.mod_mam.muc]
host = "rooms.@HOST@"
`)
  const { client } = own
  const host = () => {
    const found = own.server.server.hostOf('localhost')
    if (found === undefined) throw new Error('no host')
    return found
  }
  const dataOf = (user: string) => host().hooks.gather(personalData, { host: host(), user: Jid.of(user, 'localhost') })

  it('gives the archive as personal data, and empties it with the account', async () => {
    const [romeo, juliet] = [await client('romeo'), await client('juliet')]
    await say(romeo, juliet)
    await romeo.asks(`<prefs xmlns='${mam}' default='never'/>`, 'set')
    const rows = (await dataOf('romeo')).filter(({ name }) => name.startsWith('mam_'))
    expect(rows.map(({ name }) => name)).toEqual(['mam_pm', 'mam_preferences', 'mam_muc'])
    expect(rows[0]?.rows).toEqual([
      { id: expect.any(Number), from: romeo.jid, message: expect.stringContaining('<body>Hi</body>') },
    ])
    await removeAccount(host(), Jid.of('romeo', 'localhost'))
    expect((await dataOf('romeo')).find(({ name }) => name === 'mam_pm')?.rows).toEqual([])
    expect((await search(juliet)).bodies).toEqual(['Hi'])
    const again = await client('romeo')
    expect((await search(again)).ids).toEqual([])
    const told = (await again.asks(`<prefs xmlns='${mam}'/>`)).child('prefs', mam)
    expect(told?.attr('default')).toBe('always')
  })

  it('goes with its domain', async () => {
    const [a, b] = [await client('domain-a'), await client('domain-b')]
    await say(a, b)
    expect((await dataOf('domain-a')).find(({ name }) => name === 'mam_pm')?.rows).toHaveLength(1)
    await host().hooks.run(domainRemoved, { host: host(), domain: 'localhost' })
    for (const user of ['domain-a', 'domain-b']) {
      expect((await dataOf(user)).find(({ name }) => name === 'mam_pm')?.rows).toEqual([])
    }
  })

  it('shows the last messages to operators', async () => {
    const [romeo, juliet, nurse] = [await client('paris'), await client('rosaline'), await client('nurse')]
    for (const body of ['1', '2', '3']) await say(romeo, juliet, `<body>${body}</body>`)
    await say(romeo, nurse, '<body>4</body>')
    const ask = async (input: object) => {
      const result = await own.command('stanza.getLastMessages', { caller: romeo.bare, ...input })
      return result as { stanzas: { stanza: string; sender: string; stanza_id: string }[]; limit: number }
    }
    const all = await ask({})
    expect(all.limit).toBe(50)
    expect(all.stanzas.map(({ stanza_id }) => stanza_id)).toEqual((await search(romeo)).ids)
    expect(all.stanzas.map(({ sender }) => sender)).toEqual([romeo.jid, romeo.jid, romeo.jid, romeo.jid])
    const two = await ask({ with: juliet.bare, limit: 2 })
    expect(two.stanzas.map(({ stanza }) => /<body>(.)</.exec(stanza)?.[1])).toEqual(['2', '3'])
    expect((await ask({ with: juliet.jid })).stanzas).toHaveLength(3)
    expect((await ask({ with: 'nobody@localhost' })).stanzas).toEqual([])
    expect((await ask({ before: '2001-01-01T00:00:00Z' })).stanzas).toEqual([])
    await expect(ask({ caller: 'stranger@localhost' })).rejects.toThrow('stranger')
  })

  it('keeps archives, words and preferences over a restart', async () => {
    const [a, b] = [await client('restart-a'), await client('restart-b')]
    await say(a, b, '<body>remember me</body>')
    await a.asks(`<prefs xmlns='${mam}' default='never'/>`, 'set')
    const { ids } = await search(b)
    await own.restart()
    const after = await client('restart-b')
    expect((await search(after)).ids).toEqual(ids)
    expect((await search(after, { fields: { fulltext: 'remember' } })).ids).toEqual(ids)
    const told = (await (await client('restart-a')).asks(`<prefs xmlns='${mam}'/>`)).child('prefs', mam)
    expect(told?.attr('default')).toBe('never')
  })
})
