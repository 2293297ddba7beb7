import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { ownServer } from '../support/own-server.ts'
import { startAuthServer } from '../support/sign-in-attempt.ts'

interface Shown {
  readonly id: number
  readonly executionState: string
  readonly recipientCount: number
  readonly recipientsProcessed: number
  readonly ownerNode: string
  readonly stopTimestamp: string | null
}

const idFor = (job: number, jid: string) =>
  `mb-${createHash('sha256').update(`${job}:${jid}`).digest('hex').slice(0, 32).toUpperCase()}`

describe('mod_broadcast', () => {
  const own = ownServer('[modules.mod_broadcast]\n[modules.mod_offline]\n')
  const domain = 'localhost'
  const plan = {
    ...{ name: 'News', domain, messageSubject: '', messageBody: 'Tonight.', senderJid: 'mayor@localhost' },
    ...{ messageRate: 1000, recipientGroup: 'ALL_USERS_IN_DOMAIN' },
  }
  const start = async (change: object = {}) =>
    ((await own.command('broadcast.startBroadcast', { ...plan, ...change })) as { ids: number[] }).ids[0] as number
  const get = async (id: number) => (await own.command('broadcast.getBroadcast', { domain, id })) as Shown
  const remove = async (ids: number[]) =>
    ((await own.command('broadcast.deleteInactiveBroadcastsByIds', { domain, ids })) as { ids: number[] }).ids

  /** Looks again until a broadcast has ended. */
  async function ended(id: number): Promise<Shown> {
    for (;;) {
      const job = await get(id)
      if (job.executionState !== 'RUNNING') return job
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  it('checks what it is asked for, in order', async () => {
    const refused = (change: object) => expect(start(change)).rejects
    await refused({ domain: 'elsewhere.example', messageRate: 0 }).toMatchObject({ code: 'domain_not_found' })
    await refused({ messageRate: 0 }).toMatchObject({
      code: 'bad_parameter',
      message: 'Invalid parameter: message_rate',
    })
    await refused({ messageRate: 1001 }).toMatchObject({ code: 'bad_parameter' })
    await refused({ name: '' }).toMatchObject({ code: 'sender_not_found' })
    await own.server.registerUser('mayor', 'secret')
    await refused({ senderJid: 'mayor@elsewhere.example', name: '' }).toMatchObject({ code: 'sender_not_found' })
    await refused({ name: '', messageBody: '' }).toMatchObject({ message: 'Invalid parameter: name' })
    await refused({ name: 'n'.repeat(251) }).toMatchObject({ message: 'Invalid parameter: name' })
    await refused({ messageSubject: 's'.repeat(1025) }).toMatchObject({ message: 'Invalid parameter: subject' })
    await refused({ messageBody: '' }).toMatchObject({ message: 'Invalid parameter: body' })
    const id = await start({ messageBody: '\u{1f600}'.repeat(16_000) })
    expect((await ended(id)).executionState).toBe('FINISHED')
  })

  it('reaches who is online and who is not, the sender too, and tells how far it is', async () => {
    const nob = await own.client('nob', 'pc')
    await own.server.registerUser('away', 'secret')
    const mayor = await own.client('mayor', 'pc')
    await mayor.drains()
    const id = await start({ messageSubject: 'Maintenance' })
    const shapeFor = (jid: string) =>
      `<message type='chat' id='${idFor(id, jid)}' from='mayor@localhost' to='${jid}'><subject>Maintenance</subject><body>Tonight.</body><origin-id xmlns='urn:xmpp:sid:0' id='${idFor(id, jid)}'/></message>`
    await nob.finds(shapeFor('nob@localhost'))
    await mayor.finds(shapeFor('mayor@localhost'))
    const job = await ended(id)
    expect(job).toMatchObject({
      executionState: 'FINISHED',
      recipientCount: 3,
      recipientsProcessed: 3,
      ownerNode: '',
    })
    expect(job.stopTimestamp).not.toBeNull()
    const away = await own.client('away', 'pc', { presence: false })
    away.sends('<presence/>')
    await away.finds(`<message type='chat' id='${idFor(id, 'away@localhost')}'>{any}</message>`)
    const list = (await own.command('broadcast.getBroadcasts', { domain, limit: 1 })) as Shown[]
    expect(list.map((entry) => entry.id)).toEqual([id])
    expect(
      (await own.server.server.metrics.text()).includes('mod_broadcast_jobs_finished_count{host_type="localhost"} 2'),
    ).toBe(true)
  })

  it('runs one at a time in a domain; it can be stopped, and is not deleted while it runs', async () => {
    const nob = await own.client('nob', 'phone')
    const outcomes = await Promise.allSettled([start({ messageRate: 1 }), start({ messageRate: 1 })])
    const begun = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
    const [refusal] = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
    expect(begun).toHaveLength(1)
    expect(refusal).toMatchObject({ code: 'running_job_limit_exceeded' })
    const id = begun[0] as number
    expect(await get(id)).toMatchObject({ executionState: 'RUNNING', ownerNode: 'meerkat@localhost' })
    await own.server.registerUser('zoe-too-late', 'secret')
    expect(await remove([id, 999])).toEqual([])
    await own.command('broadcast.abortBroadcast', { domain, id })
    expect(await get(id)).toMatchObject({ executionState: 'ABORT_ADMIN', ownerNode: '' })
    const again = own.command('broadcast.abortBroadcast', { domain, id })
    await expect(again).rejects.toMatchObject({ code: 'not_running' })
    const unknown = own.command('broadcast.abortBroadcast', { domain, id: 999 })
    await expect(unknown).rejects.toMatchObject({ code: 'broadcast_not_found' })
    expect(`${await nob.drains()}`).not.toContain(idFor(id, 'nob@localhost'))
  })

  it('forgets who has gone, and those that do not run on request', async () => {
    const id = await start()
    await ended(id)
    expect(await remove([id])).toEqual([id])
    await expect(get(id)).rejects.toMatchObject({ code: 'broadcast_not_found' })
    const running = await start({ messageRate: 1 })
    const rest = (await own.command('broadcast.deleteInactiveBroadcastsByDomain', { domain })) as { ids: number[] }
    expect(rest.ids).not.toContain(running)
    expect(((await own.command('broadcast.getBroadcasts', { domain })) as Shown[]).map((job) => job.id)).toEqual([
      running,
    ])
    await own.command('broadcast.abortBroadcast', { domain, id: running })
  })

  it('goes on after a restart; who came after its start gets nothing', async () => {
    const id = await start({ messageRate: 4 })
    const late = await own.client('zz-late', 'pc')
    await own.restart()
    expect(await get(id)).toMatchObject({ executionState: 'RUNNING' })
    expect(await ended(id)).toMatchObject({ executionState: 'FINISHED' })
    expect(late.isClosed).toBe(true)
    const again = await own.client('zz-late', 'pc')
    expect(`${await again.drains()}`).not.toContain('mb-')
  })

  it('does not start with a short lease, nor without accounts of its own', async () => {
    await expect((async () => startAuthServer('[modules.mod_broadcast]\nlease_time = 5'))()).rejects.toThrow(
      'lease_time',
    )
    await expect(startAuthServer('[auth.dummy]\n[modules.mod_broadcast]')).rejects.toThrow(
      'mod_broadcast needs accounts',
    )
  })
})
