import { describe, expect, it } from 'vitest'
import { Jid } from '../jid/jid.ts'
import { ExistenceMemories, type ExistenceMemory } from './existence-memory.ts'

const lena = Jid.parse('lena@example.org/pc')

/** A memory, and what it was told of each question. */
function memory(): ExistenceMemory & { known: Set<string>; told: boolean[] } {
  const known = new Set<string>()
  const told: boolean[] = []
  return {
    ...{ known, told, now: () => 0 },
    has: (user) => known.has(user),
    add: (user) => void known.add(user),
    delete: (user) => void known.delete(user),
    deleteWhere(fits) {
      for (const user of known) if (fits(user)) known.delete(user)
    },
    asked: (wasKnown) => void told.push(wasKnown),
  }
}

function remembering() {
  const memories = new ExistenceMemories()
  const kept = memory()
  const stop = memories.use(new Set(['example.org']), kept)
  return { memories, kept, stop }
}

describe('a memory of accounts', () => {
  it('is told who is kept, and asked next time', async () => {
    const { memories, kept } = remembering()
    expect(await memories.exists(lena, async () => 'kept')).toBe(true)
    expect(await memories.exists(lena, () => Promise.reject(new Error('asked again')))).toBe(true)
    expect(kept.told).toEqual([false, true])
  })

  it('is not told who passes, nor who is not there', async () => {
    const { memories, kept } = remembering()
    expect(await memories.exists(lena, async () => 'passing')).toBe(true)
    expect(await memories.exists(lena, async () => undefined)).toBe(false)
    expect([...kept.known]).toEqual([])
  })

  it('learns nothing from a failure, which is passed on', async () => {
    const { memories, kept } = remembering()
    await expect(memories.exists(lena, () => Promise.reject(new Error('down')))).rejects.toThrow('down')
    expect([...kept.known]).toEqual([])
  })

  it('learns nothing from an answer that was under way when an account was removed', async () => {
    const { memories, kept } = remembering()
    const asked = memories.exists(lena, async () => 'kept')
    await memories.removed(lena)
    expect(await asked).toBe(true)
    expect([...kept.known]).toEqual([])
  })

  it('forgets all accounts of a domain that is removed', async () => {
    const { memories, kept } = remembering()
    await memories.exists(lena, async () => 'kept')
    const asked = memories.exists(Jid.parse('otto@example.org'), async () => 'kept')
    await memories.removedDomain('example.org')
    await asked
    expect([...kept.known]).toEqual([])
  })

  it('is of its domains only, as long as it is wanted', async () => {
    const { memories, kept, stop } = remembering()
    await memories.exists(Jid.parse('lena@example.com'), async () => 'kept')
    stop()
    await memories.exists(lena, async () => 'kept')
    expect(kept.told).toEqual([])
  })
})
