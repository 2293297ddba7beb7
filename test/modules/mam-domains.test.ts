import { expect, it } from 'vitest'
import { search } from '../support/archive.ts'
import { FileServer } from '../support/file-server.ts'
import { baseConfig } from '../support/own-server.ts'

const config = `${baseConfig.replace('"localhost"', '"one.example", "two.example"')}
[modules.mod_mam.pm]
`

it('messages between two domains of a server are in the archives of both, while both write', async () => {
  await using server = await FileServer.start(config)
  const romeo = await server.client('romeo', server.address('c2s', 0, 'one.example'))
  const juliet = await server.client('juliet', server.address('c2s', 0, 'two.example'))
  for (const client of [romeo, juliet]) await client.isPresent()
  const bodies = Array.from({ length: 20 }, (_, index) => `m${index}`)
  for (const [from, to] of [
    [romeo, juliet],
    [juliet, romeo],
  ] as const) {
    for (const body of bodies) {
      from.sends(
        `<message to='${to.jid}' type='chat' id='${from.bare}-${body}'><body>${from.bare} ${body}</body></message>`,
      )
    }
  }
  const of = (bare: string) => bodies.map((body) => `${bare} ${body}`)
  for (const [to, from] of [
    [romeo, juliet],
    [juliet, romeo],
  ] as const) {
    for (const body of of(from.bare)) await to.finds(`<message id='{any}' {any}><body>${body}</body>{any}</message>`)
  }
  for (const client of [romeo, juliet]) {
    const found = (await search(client)).bodies
    for (const other of [romeo, juliet]) {
      expect(found.filter((body) => body.startsWith(other.bare))).toEqual(of(other.bare))
    }
  }
})
