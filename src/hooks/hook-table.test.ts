import { describe, expect, it } from 'vitest'
import { chain, collect } from './hook.ts'
import { HookTable } from './hook-table.ts'

const guarded = chain<{ seen: string[] }, 'stop'>('test.guarded', { slots: ['guard', 'store'], onFailure: 'abort' })
const lenient = chain<{ seen: string[] }, 'stop'>('test.lenient', { slots: ['main'] })
const gathered = collect<string, string>('test.gathered', { slots: ['main'] })

function table() {
  const failures: string[] = []
  return { failures, hooks: new HookTable(({ hook, module }) => failures.push(`${hook} ${module}`)) }
}
const notes = (name: string) => ({
  module: name,
  handler: ({ seen }: { seen: string[] }) => {
    seen.push(name)
  },
})

describe('a chain', () => {
  it('runs by slot, then by wish, then by name', () => {
    const { hooks } = table()
    hooks.join(guarded, 'store', notes('mod_b'))
    hooks.join(guarded, 'store', notes('mod_a'))
    hooks.join(guarded, 'store', { ...notes('mod_z'), before: ['mod_b'] })
    hooks.join(guarded, 'guard', notes('mod_y'))
    const event = { seen: [] as string[] }
    expect(hooks.run(guarded, event)).toBeUndefined()
    expect(event.seen).toEqual(['mod_y', 'mod_a', 'mod_z', 'mod_b'])
  })

  it('can be run from after a slot, whoever joined that', () => {
    const { hooks } = table()
    const seen: string[] = []
    expect(hooks.runAfter(guarded, 'guard', { seen })).toBeUndefined()
    hooks.join(guarded, 'guard', notes('mod_a'))
    expect(hooks.runAfter(guarded, 'guard', { seen })).toBeUndefined()
    hooks.join(guarded, 'store', notes('mod_b'))
    hooks.runAfter(guarded, 'guard', { seen })
    hooks.runAfter(guarded, 'store', { seen })
    expect(seen).toEqual(['mod_b'])
  })

  it('ends with the first answer and stays synchronous until a handler is not', async () => {
    const { hooks } = table()
    hooks.join(guarded, 'guard', { module: 'mod_a', handler: () => 'stop' })
    hooks.join(guarded, 'store', notes('mod_b'))
    const event = { seen: [] as string[] }
    expect(hooks.run(guarded, event)).toBe('stop')
    hooks.join(lenient, 'main', { module: 'mod_a', handler: async () => undefined })
    hooks.join(lenient, 'main', notes('mod_b'))
    const outcome = hooks.run(lenient, event)
    expect(outcome).toBeInstanceOf(Promise)
    expect(event.seen).toEqual([])
    await outcome
    expect(event.seen).toEqual(['mod_b'])
  })

  it('fails closed where its policy says so, else goes on; either way it is reported', async () => {
    const { hooks, failures } = table()
    const broken = () => {
      throw new Error('broken')
    }
    hooks.join(guarded, 'guard', { module: 'mod_a', handler: broken })
    hooks.join(lenient, 'main', { module: 'mod_a', handler: async () => broken() })
    hooks.join(lenient, 'main', notes('mod_b'))
    const event = { seen: [] as string[] }
    expect(() => hooks.run(guarded, event)).toThrow('broken')
    await hooks.run(lenient, event)
    expect(event.seen).toEqual(['mod_b'])
    expect(failures).toEqual(['test.guarded mod_a', 'test.lenient mod_a'])
  })

  it('goes on as it began when somebody leaves meanwhile', async () => {
    const { hooks } = table()
    hooks.join(lenient, 'main', { module: 'mod_a', handler: async () => second.leave() })
    const second = hooks.join(lenient, 'main', notes('mod_b'))
    const event = { seen: [] as string[] }
    await hooks.run(lenient, event)
    await hooks.run(lenient, event)
    expect(event.seen).toEqual(['mod_b'])
  })

  it('refuses unknown slots and wishes that contradict each other', () => {
    const { hooks } = table()
    expect(() => hooks.join(lenient, 'guard', notes('mod_a'))).toThrow('which has only main')
    hooks.join(lenient, 'main', { ...notes('mod_a'), before: ['mod_b'] })
    expect(() => hooks.join(lenient, 'main', { ...notes('mod_b'), before: ['mod_a'] })).toThrow('contradictory')
    // Who was refused has not joined, and who comes without a wish may be the one too many.
    const event = { seen: [] as string[] }
    hooks.run(lenient, event)
    expect(event.seen).toEqual(['mod_a'])
    hooks.join(lenient, 'main', { ...notes('mod_c'), before: ['mod_a'], after: ['mod_b'] })
    expect(() => hooks.join(lenient, 'main', notes('mod_b'))).toThrow('contradictory')
  })
})

describe('a collection', () => {
  it('gathers every answer, leaving out those who fail', async () => {
    const { hooks, failures } = table()
    hooks.join(gathered, 'main', { module: 'mod_a', handler: async (text) => `${text}!` })
    hooks.join(gathered, 'main', { module: 'mod_b', handler: () => undefined })
    hooks.join(gathered, 'main', { module: 'mod_c', handler: () => Promise.reject(new Error('broken')) })
    hooks.join(gathered, 'main', { module: 'mod_d', handler: (text) => `${text}?` })
    expect(await hooks.gather(gathered, 'yes')).toEqual(['yes!', 'yes?'])
    expect(failures).toEqual(['test.gathered mod_c'])
  })

  it('can be gathered at once when all are synchronous', () => {
    const { hooks, failures } = table()
    hooks.join(gathered, 'main', { module: 'mod_a', handler: (text) => text })
    hooks.join(gathered, 'main', { module: 'mod_b', handler: async (text) => text })
    expect(hooks.gatherNow(gathered, 'yes')).toEqual(['yes'])
    expect(failures).toEqual(['test.gathered mod_b'])
  })
})
