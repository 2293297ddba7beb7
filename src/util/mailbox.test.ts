import { describe, expect, it } from 'vitest'
import { forbidNestedMailboxes, KeyedMailbox, notWaitedFor } from './mailbox.ts'

describe('a keyed mailbox', () => {
  it('refuses, where it is watched, a job that enters a mailbox, but not what follows a job', async () => {
    forbidNestedMailboxes()
    const mailbox = new KeyedMailbox()
    const nested = async () => {
      await Promise.resolve()
      return new KeyedMailbox().run('b', () => 1)
    }
    await expect(mailbox.run('a', nested)).rejects.toThrow('may not enter')
    const begun: unknown[] = []
    await mailbox.run('a', async () => {
      await Promise.resolve()
      begun.push(notWaitedFor(() => mailbox.run('a', () => 3)))
    })
    expect(await begun[0]).toBe(3)
    const afterwards = async () => {
      await mailbox.run('a', async () => Promise.resolve())
      return mailbox.run('b', () => 2)
    }
    expect(await afterwards()).toBe(2)
  })

  it('runs a synchronous job at once when its key is idle', () => {
    expect(new KeyedMailbox().run('a', () => 1)).toBe(1)
  })

  it('keeps the order of one key, lets others pass, goes on after a failure', async () => {
    const mailbox = new KeyedMailbox()
    const seen: string[] = []
    let release = () => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    const first = mailbox.run('a', async () => {
      await gate
      seen.push('a1')
      throw new Error('broken')
    })
    const second = mailbox.run('a', () => seen.push('a2'))
    mailbox.run('b', () => seen.push('b1'))
    expect(seen).toEqual(['b1'])
    release()
    await expect(first).rejects.toThrow('broken')
    await second
    expect(seen).toEqual(['b1', 'a1', 'a2'])
    await mailbox.idle()
    expect(mailbox.size).toBe(0)
  })
})
