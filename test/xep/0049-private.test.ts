import { describe, expect } from 'vitest'
import { story } from '../support/story.ts'
import { parseXml } from '../support/xml.ts'

const NS = 'jabber:iq:private'
const query = (inner: string) => `<query xmlns='${NS}'>${inner}</query>`
const result = (inner: string) => `<iq type='result' id='{id}'>${query(inner)}</iq>`

describe('XEP-0049 private XML', () => {
  story('§2 what was stored is there at the next sign-in', { over: 'every' }, async ({ alice }) => {
    const pc = await alice.client('pc')
    const notes = `<notes xmlns='app:notes:1' v='&lt;&apos;&gt;'><n>42</n>tail 🐢<m xmlns='urn:m'/></notes>`
    await pc.asks(query(notes), 'set')
    await pc.leaves()
    const phone = await alice.client('phone')
    phone.sends(`<iq type='get' id='p'>${query(`<notes xmlns='app:notes:1'/>`)}</iq>`)
    await phone.receives(result(notes))
  })

  story('§2 what was never stored comes back empty', async ({ alice }) => {
    const pc = await alice.client('pc')
    pc.sends(`<iq type='get' id='p'>${query(`<nothing xmlns='app:nothing'/>`)}</iq>`)
    await pc.receives(result(`<nothing xmlns='app:nothing'/>`))
  })

  story('§2 what is stored again replaces what was there', async ({ alice }) => {
    const pc = await alice.client('pc')
    await pc.asks(query(`<notes xmlns='app:notes:1'><a/></notes>`), 'set')
    await pc.asks(query(`<notes xmlns='app:notes:1'><b/></notes>`), 'set')
    pc.sends(`<iq type='get' id='p'>${query(`<notes xmlns='app:notes:1'/>`)}</iq>`)
    await pc.receives(result(`<notes xmlns='app:notes:1'><b/></notes>`))
  })

  story(
    'mod_private: the namespace is the key, not the name',
    { differs: { prosody: 'keeps name and namespace apart' } },
    async ({ alice }) => {
      const pc = await alice.client('pc')
      await pc.asks(query(`<notes xmlns='app:notes:1'><a/></notes>`), 'set')
      pc.sends(`<iq type='get' id='p'>${query(`<other xmlns='app:notes:1'/>`)}</iq>`)
      await pc.receives(result(`<notes xmlns='app:notes:1'><a/></notes>`))
    },
  )

  story(
    'mod_private: several elements at once',
    { differs: { prosody: 'takes one element only' } },
    async ({ alice }) => {
      const pc = await alice.client('pc')
      await pc.asks(query(`<a xmlns='app:a'>1</a><b xmlns='app:b'>2</b>`), 'set')
      pc.sends(`<iq type='get' id='p'>${query(`<b xmlns='app:b'/>`)}</iq>`)
      await pc.receives(result(`<b xmlns='app:b'>2</b>`))
    },
  )

  story('§2 it may be asked for with the own address', async ({ alice }) => {
    const pc = await alice.client('pc')
    await pc.asks(query(`<a xmlns='app:a'>1</a>`), 'set', { to: alice.jid })
    const answer = await pc.asks(query(`<a xmlns='app:a'/>`), 'get', { to: alice.jid })
    expect(String(answer.child('query', NS)?.child('a', 'app:a'))).toBe(String(parseXml(`<a xmlns='app:a'>1</a>`)))
  })

  story('§2 each account has its own', async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    await pc.asks(query(`<a xmlns='app:a'>1</a>`), 'set')
    bobs.sends(`<iq type='get' id='p'>${query(`<a xmlns='app:a'/>`)}</iq>`)
    await bobs.receives(result(`<a xmlns='app:a'/>`))
  })

  story(
    '§2.2 forbidden: what is private to somebody else',
    { differs: { prosody: 'answers service-unavailable' } },
    async ({ alice, bob }) => {
      const pc = await alice.client('pc')
      await pc.asks(query(`<a xmlns='app:a'/>`), 'get', { to: bob.jid, refused: 'forbidden' })
      await pc.asks(query(`<a xmlns='app:a'/>`), 'set', { to: bob.jid, refused: 'forbidden' })
    },
  )

  story(
    'mod_private: not-acceptable: nothing to store',
    { differs: { prosody: 'answers bad-format', ejabberd: 'answers bad-request' } },
    async ({ alice }) => {
      const pc = await alice.client('pc')
      await pc.asks(query(''), 'set', { refused: 'not-acceptable' })
    },
  )

  story('XEP-0048 §3 bookmarks', async ({ alice }) => {
    const pc = await alice.client('pc')
    const bookmarks = `<storage xmlns='storage:bookmarks'><conference name='Tea' autojoin='true' jid='tea@rooms.test'><nick>A</nick></conference></storage>`
    await pc.asks(query(bookmarks), 'set')
    pc.sends(`<iq type='get' id='p'>${query(`<storage xmlns='storage:bookmarks'/>`)}</iq>`)
    await pc.receives(result(bookmarks))
  })
})
