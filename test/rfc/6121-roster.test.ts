import { describe, expect } from 'vitest'
import { story } from '../support/story.ts'
import { NS } from '../support/xml.ts'

const query = (items: string, attributes = '') => `<query xmlns='${NS.roster}'${attributes}>${items}</query>`
const push = (item: string) => `<iq type='set' id='{push}'><query xmlns='${NS.roster}' {any}>${item}</query></iq>`

describe('RFC 6121 §2.1.3 roster get', () => {
  story('§2.1.3 a new account has an empty roster', { over: 'every' }, async ({ alice }) => {
    const pc = await alice.client('pc', { presence: false })
    expect(await pc.roster()).toEqual([])
  })

  story('§2.1.5 it may be asked for with the own address', async ({ alice }) => {
    const pc = await alice.client('pc')
    await pc.asks(query(''), 'get', { to: alice.jid })
  })

  story(
    '§2.1.3 forbidden: the roster of somebody else',
    { differs: { prosody: 'answers service-unavailable' } },
    async ({ alice, bob }) => {
      const pc = await alice.client('pc')
      await pc.asks(query(''), 'get', { to: bob.jid, refused: 'forbidden' })
    },
  )

  story(
    '§2.3.3 forbidden: changing the roster of somebody else',
    { differs: { prosody: 'answers service-unavailable' } },
    async ({ alice, bob, carol }) => {
      const [pc, bobs] = [await alice.client('pc'), await bob.client('pc', { roster: true })]
      await pc.asks(query(`<item jid='${carol.jid}'/>`), 'set', { to: bob.jid, refused: 'forbidden' })
      expect(await bobs.roster()).toEqual([])
      await bobs.receivesNothing()
    },
  )
})

describe('RFC 6121 §2.3 and §2.4 add and change', () => {
  story(
    '§2.3.2 the push comes before the result',
    {
      differs: { prosody: 'sends the result first; RFC 6121 leaves the order open, ours is that of MongooseIM' },
      over: 'every',
    },
    async ({ alice, bob }) => {
      const pc = await alice.client('pc', { roster: true })
      pc.sends(`<iq type='set' id='r1'>${query(`<item jid='${bob.jid}' name='Bob'/>`)}</iq>`)
      await pc.receives(push(`<item jid='${bob.jid}' name='Bob' subscription='none'/>`))
      await pc.receives(`<iq type='result' id='r1'/>`)
    },
  )

  story('§2.1.6 a push comes from the own account', async ({ alice, bob }) => {
    const pc = await alice.client('pc', { roster: true })
    await pc.asks(query(`<item jid='${bob.jid}'/>`), 'set')
    const { element } = await pc.receives(push(`<item jid='${bob.jid}' subscription='none'/>`))
    expect([undefined, alice.jid]).toContain(element.attr('from'))
    expect([undefined, pc.jid]).toContain(element.attr('to'))
  })

  story(
    '§2.1.6 every resource that asked for the roster gets a push of its own',
    { over: 'every' },
    async ({ alice, bob }) => {
      const [pc, phone] = [await alice.client('pc', { roster: true }), await alice.client('phone', { roster: true })]
      pc.sends(`<iq type='set' id='r1'>${query(`<item jid='${bob.jid}'/>`)}</iq>`)
      await phone.receives(push(`<item jid='${bob.jid}' subscription='none'/>`))
      await phone.receivesNothing()
    },
  )

  story('§2.1.6 a resource need not be available for it', async ({ alice, bob }) => {
    const [pc, phone] = [await alice.client('pc'), await alice.client('phone', { roster: true, presence: false })]
    await pc.asks(query(`<item jid='${bob.jid}'/>`), 'set')
    await phone.receives(push(`<item jid='${bob.jid}' subscription='none'/>`))
  })

  story('§2.1.6 the answer to a push goes nowhere', async ({ alice, bob }) => {
    const pc = await alice.client('pc', { roster: true })
    await pc.asks(query(`<item jid='${bob.jid}'/>`), 'set')
    const { text } = await pc.receives(push(`<item jid='${bob.jid}' subscription='none'/>`))
    pc.sends(`<iq type='result' id='${text.push}'/>`)
    pc.sends(
      `<iq type='error' id='${text.push}'><error type='cancel'><not-allowed xmlns='${NS.stanzaErrors}'/></error></iq>`,
    )
    await pc.receivesNothing()
  })

  story('§2.1.4 what was set is there at the next sign-in', async ({ alice, bob, carol }) => {
    const pc = await alice.client('pc')
    await pc.asks(
      query(
        `<item jid='${bob.jid}' name='Bob &lt;the builder&gt; 🐢'><group>Work</group><group>Old &amp; new</group></item>`,
      ),
      'set',
    )
    await pc.asks(query(`<item jid='${carol.jid}'/>`), 'set')
    await pc.leaves()
    const again = await alice.client('pc', { presence: false })
    again.sends(`<iq type='get' id='r'>${query('')}</iq>`)
    await again.receives(
      `<iq type='result' id='r'><query xmlns='${NS.roster}' {any}>
        <item jid='${bob.jid}' name='Bob &lt;the builder&gt; 🐢' subscription='none'><group>Work</group><group>Old &amp; new</group></item>
        <item jid='${carol.jid}' subscription='none'/>
      </query></iq>`,
    )
  })

  story('§2.4 name and groups are replaced as a whole', async ({ alice, bob }) => {
    const pc = await alice.client('pc', { roster: true })
    await pc.asks(query(`<item jid='${bob.jid}' name='Bob'><group>A</group><group>B</group></item>`), 'set')
    await pc.receives(
      push(`<item jid='${bob.jid}' name='Bob' subscription='none'><group>A</group><group>B</group></item>`),
    )
    await pc.asks(query(`<item jid='${bob.jid}'><group>C</group></item>`), 'set')
    await pc.receives(push(`<item jid='${bob.jid}' subscription='none'><group>C</group></item>`))
  })

  story(
    '§2.1.2.5 the subscription is not for the client to set',
    { differs: { ejabberd: 'answers bad-request' } },
    async ({ alice, bob }) => {
      const pc = await alice.client('pc', { roster: true })
      await pc.asks(query(`<item jid='${bob.jid}' subscription='both' ask='subscribe'/>`), 'set')
      await pc.receives(push(`<item jid='${bob.jid}' subscription='none'/>`))
    },
  )

  story('§2.1.2.3 an address is kept in small letters', async ({ alice, bob }) => {
    const pc = await alice.client('pc', { roster: true })
    await pc.asks(query(`<item jid='${bob.jid.toUpperCase()}'/>`), 'set')
    await pc.receives(push(`<item jid='${bob.jid}' subscription='none'/>`))
  })

  story('a domain and an address that nobody has can be contacts too', async ({ alice, stranger, server }) => {
    const pc = await alice.client('pc')
    const jids = [`${stranger()}@${server.domain}`, 'chat.elsewhere.test', 'romeo@elsewhere.test']
    for (const jid of jids) await pc.asks(query(`<item jid='${jid}'/>`), 'set')
    expect((await pc.roster()).map((item) => item.attr('jid')).sort()).toEqual(jids.sort())
  })

  story('two clients see the changes in one order', async ({ alice, bob }) => {
    const [pc, phone] = [await alice.client('pc', { roster: true }), await alice.client('phone', { roster: true })]
    for (const name of ['1', '2', '3', '4', '5']) {
      const client = Number(name) % 2 ? pc : phone
      client.sends(`<iq type='set' id='s${name}'>${query(`<item jid='${bob.jid}' name='${name}'/>`)}</iq>`)
    }
    // The answer to a ping may overtake changes that go to the disk: the pushes themselves are waited for.
    const namesAt = async (client: typeof pc) => {
      const names: string[] = []
      while (names.length < 5) {
        const item = await client.next()
        const stanza = item.kind === 'element' ? item.element : undefined
        const name = stanza?.child('query', NS.roster)?.child('item')?.attr('name')
        if (name !== undefined) names.push(name)
      }
      return names
    }
    expect(await namesAt(phone)).toEqual(await namesAt(pc))
  })
})

describe('RFC 6121 §2.5 remove', () => {
  story('the push says remove', async ({ alice, bob }) => {
    const pc = await alice.client('pc', { roster: true })
    await pc.asks(query(`<item jid='${bob.jid}' name='Bob'/>`), 'set')
    await pc.receives(push(`<item jid='${bob.jid}' name='Bob' subscription='none'/>`))
    await pc.asks(query(`<item jid='${bob.jid}' subscription='remove'/>`), 'set')
    await pc.receives(push(`<item jid='${bob.jid}' subscription='remove'/>`))
    expect(await pc.roster()).toEqual([])
  })

  story(
    '§2.5.3 a contact that is not there: item-not-found and no push',
    { differs: { ejabberd: 'answers with a result' } },
    async ({ alice, bob }) => {
      const pc = await alice.client('pc', { roster: true })
      await pc.asks(query(`<item jid='${bob.jid}' subscription='remove'/>`), 'set', { refused: 'item-not-found' })
      await pc.receivesNothing()
    },
  )
})

describe('RFC 6121 §2.6 versions', () => {
  story('§2.6.1 the feature is announced', async ({ alice }) => {
    const { features } = await alice.client('pc', { presence: false })
    expect(features.child('ver', 'urn:xmpp:features:rosterver')).toBeDefined()
  })

  story(
    '§2.6.2 without a version there is none in the answer',
    { differs: { prosody: 'always tells the version' } },
    async ({ alice }) => {
      const pc = await alice.client('pc', { presence: false })
      const result = await pc.asks(query(''))
      expect(result.child('query', NS.roster)?.attr('ver')).toBeUndefined()
    },
  )

  story('§2.6.2 an empty version asks for all of it and for its version', async ({ alice, bob }) => {
    const pc = await alice.client('pc', { presence: false })
    await pc.asks(query(`<item jid='${bob.jid}'/>`), 'set')
    const result = await pc.asks(query('', ` ver=''`))
    expect(result.child('query', NS.roster)?.attr('ver')).toBeTruthy()
    expect(result.child('query', NS.roster)?.elements()).toHaveLength(1)
  })

  story('§2.6.3 the version that is current: an empty result', { over: 'every' }, async ({ alice, bob }) => {
    const pc = await alice.client('pc', { presence: false })
    await pc.asks(query(`<item jid='${bob.jid}'/>`), 'set')
    const first = await pc.asks(query('', ` ver=''`))
    const version = first.child('query', NS.roster)?.attr('ver')
    const second = await pc.asks(query('', ` ver='${version}'`))
    expect(second.elements()).toEqual([])
  })

  story('§2.6.3 a push carries the version that follows it', async ({ alice, bob }) => {
    const pc = await alice.client('pc', { roster: true, presence: false })
    await pc.asks(query('', ` ver=''`))
    await pc.asks(query(`<item jid='${bob.jid}'/>`), 'set')
    const { text } = await pc.receives(
      `<iq type='set'><query xmlns='${NS.roster}' ver='{version}'><item {any}/></query></iq>`,
    )
    const again = await pc.asks(query('', ` ver='${text.version}'`))
    expect(again.elements()).toEqual([])
  })

  story('§2.6.3 an old version: what changed, by list or by pushes', async ({ alice, bob, carol }) => {
    const pc = await alice.client('pc', { presence: false })
    await pc.asks(query(`<item jid='${bob.jid}'/>`), 'set')
    const first = await pc.asks(query('', ` ver=''`))
    const version = first.child('query', NS.roster)?.attr('ver')
    await pc.asks(query(`<item jid='${carol.jid}'/>`), 'set')
    await pc.drains()
    const result = await pc.asks(query('', ` ver='${version}'`))
    const listed = result.child('query', NS.roster)
    if (listed) {
      expect(
        listed
          .elements()
          .map((item) => item.attr('jid'))
          .sort(),
      ).toEqual([bob.jid, carol.jid].sort())
      expect(listed.attr('ver')).not.toBe(version)
    } else await pc.receives(push(`<item jid='${carol.jid}' {any}/>`))
  })
})

describe('RFC 6121 §2 odd requests', () => {
  story('no item at all', async ({ alice }) => {
    const pc = await alice.client('pc')
    pc.sends(`<iq type='set' id='r'>${query('')}</iq>`)
    await pc.answerTo('r')
    expect(await pc.roster()).toEqual([])
  })

  story('an address that is none leaves the roster as it is', async ({ alice }) => {
    const pc = await alice.client('pc')
    pc.sends(`<iq type='set' id='r'>${query(`<item jid='@nowhere'/>`)}</iq>`)
    await pc.answerTo('r')
    expect(await pc.roster()).toEqual([])
  })

  story(
    'elements of others in an item are kept',
    { differs: { prosody: 'keeps name and groups only', ejabberd: 'keeps name and groups only' } },
    async ({ alice, bob }) => {
      const pc = await alice.client('pc')
      await pc.asks(query(`<item jid='${bob.jid}'><note xmlns='urn:x'>kind</note></item>`), 'set')
      const [item] = await pc.roster()
      expect(item?.child('note', 'urn:x')?.text()).toBe('kind')
    },
  )
})
