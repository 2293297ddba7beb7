import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FramedProgram } from '../../src/net/framed-program.ts'
import { FakeClock, systemClock } from '../../src/util/clock.ts'
import type { OwnTestServer } from '../support/server.ts'
import { attempt, plain, readyStream, startAuthServer } from '../support/sign-in-attempt.ts'

const path = fileURLToPath(new URL('../support/external-auth.mjs', import.meta.url))

function run(instances: number, clock = new FakeClock()) {
  const events: string[] = []
  const report = ({ what }: { what: string }) => void events.push(what)
  const times = { startTimeout: 60_000, callTimeout: 10_000 }
  const program = new FramedProgram({ program: path, instances, ...times, clock, report })
  const ask = async (text: string) => (await program.call(Buffer.from(text)))[1] === 1
  return { program, ask, clock, events }
}

describe('a program that is asked', () => {
  it('answers many questions, each its own', async () => {
    const { program, ask } = run(3)
    const users = Array.from({ length: 200 }, (_, index) => `u${index}`)
    const answers = await Promise.all(users.map((user, index) => ask(`auth:${user}:d:pw-u${index - (index % 2)}`)))
    expect(answers).toEqual(users.map((_, index) => index % 2 === 0))
    await program.close()
  })

  it('is started again when it ends', async () => {
    const { program, ask, events } = run(1)
    expect(await ask('auth:lena:d:pw-lena')).toBe(true)
    await expect(ask('isuser:crash:d')).rejects.toThrow('the program has ended')
    expect(await ask('auth:lena:d:pw-lena')).toBe(true)
    expect(events).toEqual(['external_program_ended'])
    await program.close()
  })

  it('has its time, and is replaced when that is over', async () => {
    const { program, ask, clock } = run(1)
    const first = expect(ask('isuser:stuck:d')).rejects.toThrow('in time')
    clock.advance(60_000)
    await first
    // It was no use so far: it waits a while before it is tried again.
    await expect(ask('isuser:lena:d')).resolves.toBe(true)
    const second = expect(ask('isuser:stuck:d')).rejects.toThrow('in time')
    const waiting = ask('isuser:lena:d')
    clock.advance(10_000)
    await second
    // The one that takes its place has the next question.
    expect(await waiting).toBe(true)
    await program.close()
  })

  it('is replaced when it answers what nobody asked', async () => {
    const { program, ask } = run(1)
    await ask('isuser:lena:d')
    await expect(ask('isuser:babble:d')).rejects.toThrow()
    expect(await ask('isuser:lena:d')).toBe(true)
    await program.close()
  })

  it('that does not exist answers nothing, and stops nothing', async () => {
    const program = new FramedProgram({
      program: `${path}.absent`,
      instances: 1,
      startTimeout: 60_000,
      callTimeout: 10_000,
      clock: systemClock,
      report: () => {},
    })
    await expect(program.call(Buffer.from('isuser:lena:d'))).rejects.toThrow('the program has ended')
    await program.close()
  })

  it('takes no packet that its length cannot tell', async () => {
    const { program } = run(1)
    await expect(program.call(Buffer.alloc(65_536))).rejects.toThrow('too long')
    await program.close()
  })
})

describe('accounts kept by a program', () => {
  let server: OwnTestServer
  beforeAll(async () => {
    server = await startAuthServer(`[auth.external]\nprogram = ${JSON.stringify(path)}\ninstances = 2`)
  })
  afterAll(() => server.stop())

  it('log in with PLAIN only', async () => {
    const { stream, offered } = await readyStream(server)
    stream.destroy()
    expect(offered).toEqual(['PLAIN'])
    expect(await attempt(server, 'PLAIN', plain('lena', 'pw-lena'))).toBe('success')
    expect(await attempt(server, 'PLAIN', plain('lena', 'pw'))).toBe('not-authorized')
    expect(await attempt(server, 'PLAIN', plain('nobody', 'pw'))).toBe('not-authorized')
  })

  it('are made and removed', async () => {
    const accounts = server.server.hostOf('localhost')?.accounts
    await server.registerUser('new', 'pw')
    await expect(server.registerUser('taken', 'pw')).rejects.toThrow()
    expect(accounts?.canRegister).toBe(true)
  })

  it('are not refused while the program is gone: nobody can tell', async () => {
    expect(await attempt(server, 'PLAIN', plain('crash', 'pw'))).toBe('temporary-auth-failure')
    expect(await attempt(server, 'PLAIN', plain('lena', 'pw-lena'))).toBe('success')
  })

  it('log in again after the program was killed under load', async () => {
    const pids = () =>
      execFileSync('ps', ['--ppid', String(process.pid), '-o', 'pid=,args='], { encoding: 'utf8' })
        .split('\n')
        .filter((line) => line.includes('external-auth.mjs'))
        .map((line) => Number.parseInt(line, 10))
    const outcomes = new Set<string>()
    let isOver = false
    const load = Array.from({ length: 4 }, async (_, index) => {
      while (!isOver) outcomes.add(await attempt(server, 'PLAIN', plain(`u${index}`, `pw-u${index}`)))
    })
    for (let round = 0; round < 3; round++) {
      for (const pid of pids()) process.kill(pid, 'SIGKILL')
      expect(await attempt(server, 'PLAIN', plain('lena', 'wrong'))).not.toBe('success')
    }
    isOver = true
    await Promise.all(load)
    expect([...outcomes].filter((outcome) => outcome !== 'success' && outcome !== 'temporary-auth-failure')).toEqual([])
    await expect.poll(() => attempt(server, 'PLAIN', plain('lena', 'pw-lena')), { timeout: 10_000 }).toBe('success')
  })
})
