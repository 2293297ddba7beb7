import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createServer, userRemoved } from '../../src/index.ts'
import { defineModule } from '../../src/module/define.ts'

let isBroken = true
const asked: string[] = []

const broken = defineModule({
  name: 'mod_broken',
  about: 'Cannot forget as long as it is broken.',
  xeps: [],
  options: z.strictObject({}),
  setup({ on }) {
    on(userRemoved, 'forget', async () => {
      asked.push('broken')
      if (isBroken) throw new Error('the disk is on fire')
    })
  },
})

const later = defineModule({
  name: 'mod_later',
  about: 'Comes after the broken one.',
  xeps: [],
  options: z.strictObject({}),
  setup({ on }) {
    on(userRemoved, 'forget', () => void asked.push('later'))
  },
})

describe('an account that is removed while a module fails', () => {
  const server = createServer({
    inMemory: true,
    freePorts: true,
    log: false,
    modules: [broken, later],
    config: {
      general: { hosts: ['localhost'] },
      auth: { password: { scram_iterations: 4096 } },
      modules: { mod_broken: {}, mod_later: {}, mod_private: {} },
    },
  })
  beforeAll(() => server.start())
  afterAll(() => server.close())

  it('goes on past it, says which it was, and keeps the name from being taken; then it can be repeated', async () => {
    const user = { user: 'alice@localhost' }
    await server.command('account.registerUser', { domain: 'localhost', username: 'alice', password: 'secret' })
    await expect(server.command('account.removeUser', user)).rejects.toMatchObject({
      code: 'removal_incomplete',
      context: { modules: ['mod_broken'] },
    })
    expect(asked).toEqual(['broken', 'later'])
    expect(await server.command('account.checkUser', user)).toMatchObject({ exist: true })
    isBroken = false
    await server.command('account.removeUser', user)
    expect(await server.command('account.checkUser', user)).toMatchObject({ exist: false })
  })
})
