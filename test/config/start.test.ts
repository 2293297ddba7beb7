import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineModule } from '../../src/module/define.ts'
import { baseConfig } from '../support/own-server.ts'
import { startTestServer } from '../support/server.ts'

const names = ['one.example', 'two.example', 'three.example', 'four.example']
const config = `${baseConfig.replace('"localhost"', names.map((name) => `"${name}"`).join(', '))}[modules.mod_probe]\n`

/** A module that does what the test wants where it is set up. */
function probe(setup: (domain: string, stops: (stop: () => void) => void) => Promise<void>) {
  return defineModule({
    name: 'mod_probe',
    about: 'For this test.',
    xeps: [],
    options: z.strictObject({}),
    setup: ({ host, onStop }) => setup(host.type, onStop),
  })
}

describe('the hosts of a server', () => {
  it('wait for what they need beside each other, once the first has started', async () => {
    const begun: string[] = []
    let allHaveBegun = () => {}
    const others = new Promise<void>((resolve) => {
      allHaveBegun = resolve
    })
    const module = probe(async (domain) => {
      begun.push(domain)
      if (begun.length === names.length) allHaveBegun()
      if (domain !== names[0]) await others
    })
    const server = await startTestServer({ config, modules: [module] })
    expect(begun).toEqual(names)
    await server.stop()
  })

  it('are all stopped again when one of them fails', async () => {
    const running = new Set<string>()
    const module = probe(async (domain, stops) => {
      if (domain === 'three.example') throw new Error('three does not start')
      running.add(domain)
      stops(() => void running.delete(domain))
    })
    await expect(startTestServer({ config, modules: [module] })).rejects.toThrow('three does not start')
    expect(running).toEqual(new Set())
  })
})
