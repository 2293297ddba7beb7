import {
  command,
  createServer,
  defineModule,
  type Element,
  type EmbeddedServer,
  el,
  type Host,
  type IqRequest,
  Jid,
  type ModuleContext,
  moduleApi,
  type Session,
  type Stanza,
  StanzaError,
  type StanzaHead,
  sessionKey,
  tables,
  userSends,
  z,
} from 'meerkat'
import { describe, expect, expectTypeOf, it } from 'vitest'

// What is wrong here does not compile: `npm run check` is the test, and what runs is what that cannot say.

describe('the types of the library', () => {
  it('of a server and its configuration', () => {
    expectTypeOf(createServer).returns.toEqualTypeOf<EmbeddedServer>()
    expectTypeOf<EmbeddedServer['start']>().returns.resolves.toBeVoid()
    expectTypeOf<EmbeddedServer['ports'][number]['port']>().toBeNumber()
    const make = () => [
      createServer(),
      createServer({ config: { general: { hosts: ['localhost'], registration_timeout: 'infinity' } } }),
      createServer({ config: '[general]\nhosts = ["localhost"]' }),
      // @ts-expect-error: a log level that does not exist
      createServer({ config: { general: { loglevel: 'loud' } } }),
      // @ts-expect-error: a number is no list of domains
      createServer({ config: { general: { hosts: 5 } } }),
      // @ts-expect-error: a misspelt option
      createServer({ inMemry: true }),
    ]
    expect(make).toThrow('general.loglevel')
  })

  it('of a module: options, tables and interfaces follow from the declaration', () => {
    const api = moduleApi<{ count(): number }>('mod_sample')
    const module = defineModule({
      name: 'mod_sample',
      about: 'A sample.',
      xeps: [{ xep: 1, version: '1.0' }],
      options: z.strictObject({ size: z.int().default(5), names: z.array(z.string()).default([]) }),
      tables: tables<{ mod_sample: { id: number; text: string } }>(),
      setup({ options, db, iq, on, use }) {
        expectTypeOf(options).toEqualTypeOf<{ size: number; names: string[] }>()
        expectTypeOf(use(api).count()).toBeNumber()
        const query = db.q.selectFrom('mod_sample').selectAll()
        expectTypeOf(query.execute()).resolves.toEqualTypeOf<{ id: number; text: string }[]>()
        // @ts-expect-error: a table of somebody else
        db.q.selectFrom('other')
        on(userSends, 'observe', ({ session }) => {
          expectTypeOf(session).toEqualTypeOf<Session>()
        })
        iq.server('get', 'urn:x', 'x', (request, session) => {
          expectTypeOf(request).toEqualTypeOf<IqRequest>()
          expectTypeOf(session).toEqualTypeOf<Session | undefined>()
          return el('x', 'urn:x', { a: '1' }, el('y', 'urn:x'), 'text')
        })
        // @ts-expect-error: a handler answers with an element, nothing, or a promise of them
        iq.server('get', 'urn:x', 'y', () => 5)
      },
    })
    expectTypeOf(module.name).toBeString()
    expectTypeOf<ModuleContext<{ a: number }>['options']>().toEqualTypeOf<{ a: number }>()
  })

  it('of stanzas, addresses, keys and commands', () => {
    expectTypeOf(el).returns.toEqualTypeOf<Element>()
    expectTypeOf(Jid.tryParse).returns.toEqualTypeOf<Jid | undefined>()
    expectTypeOf<Parameters<typeof Stanza.make>[1]>().toEqualTypeOf<StanzaHead>()
    const key = sessionKey<boolean>('sample.on')
    const read = (session: Session) => session.get(key)
    expectTypeOf(read).returns.toEqualTypeOf<boolean | undefined>()
    expectTypeOf<Host['domains']>().toEqualTypeOf<ReadonlySet<string>>()
    const refuse = () => {
      // @ts-expect-error: a condition that no RFC knows
      throw new StanzaError('no-idea')
    }
    expect(refuse).toThrow()
    command({
      name: 'sample.count',
      about: 'Counts.',
      input: z.strictObject({ of: z.string() }),
      output: z.number(),
      scope: 'admin',
      run: ({ of }) => {
        expectTypeOf(of).toBeString()
        return of.length
      },
    })
  })
})
