import { describe, expect } from 'vitest'
import { search } from '../support/archive.ts'
import type { Client } from '../support/client.ts'
import { type StoryOptions, story } from '../support/story.ts'

const archiving: StoryOptions = {
  archiving: true,
  leavesOut: { prosody: 'finds no words', ejabberd: 'finds words only with an SQL database' },
}
const field = '{urn:xmpp:fulltext:0}fulltext'

const bodies = [
  'Bacon ipsum dolor amet tongue pork ribs culpa',
  'CULPA, ribs! and (pork)',
  'pork and beans',
  'żółw morski',
  '東京タワーに行く',
  'porky pig',
]

async function told(pc: Client, bobs: Client): Promise<void> {
  for (const body of bodies) pc.sends(`<message to='${bobs.bare}' type='chat'><body>${body}</body></message>`)
  await pc.isHeard()
}

describe('XEP-0431 full text search', () => {
  story('all words must be there, in any order and case', archiving, async ({ alice, bob }) => {
    const [pc, bobs] = [await alice.client('pc'), await bob.client('pc')]
    await told(pc, bobs)
    const find = async (text: string, name = field) => (await search(bobs, { fields: { [name]: text } })).bodies
    expect(await find('Ribs poRk cUlpa')).toEqual([bodies[0], bodies[1]])
    expect(await find('ribs beans')).toEqual([])
    expect(await find('pork')).toEqual([bodies[0], bodies[1], bodies[2], bodies[5]])
    expect(await find('ŻÓŁW')).toEqual([bodies[3]])
    expect(await find('東京')).toEqual([bodies[4]])
    expect(await find('pork', 'full-text-search')).toHaveLength(4)
    expect(await find(`pork" OR 'x':* | ) -_ + {`)).toEqual([])
    expect(await find('!?')).toEqual([])
    expect(await find('')).toHaveLength(bodies.length)
  })

  story('together with other fields, in pages that are counted', archiving, async ({ alice, bob, carol }) => {
    const [pc, bobs, carols] = [await alice.client('pc'), await bob.client('pc'), await carol.client('pc')]
    await told(pc, bobs)
    await told(carols, bobs)
    const fields = { [field]: 'pork', with: carol.jid }
    const page = await search(bobs, { fields, set: '<max>2</max><before/>' })
    expect(page).toMatchObject({ bodies: [bodies[2], bodies[5]], count: '4', index: '2', isComplete: false })
    const rest = await search(bobs, { fields, set: `<max>2</max><before>${page.first}</before>` })
    expect(rest).toMatchObject({ bodies: [bodies[0], bodies[1]], count: '4', index: '0', isComplete: true })
  })

  story('nobody finds what others have written to others', archiving, async ({ alice, bob, carol }) => {
    const [pc, bobs, carols] = [await alice.client('pc'), await bob.client('pc'), await carol.client('pc')]
    await told(pc, bobs)
    expect((await search(carols, { fields: { [field]: 'pork' } })).ids).toEqual([])
  })
})
