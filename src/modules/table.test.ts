import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { loadConfigLazily } from '../config/load.ts'
import { ModuleShelf } from '../module/shelf.ts'
import { allModules } from './all.ts'
import { moduleTable } from './table.ts'

/** The sources of the modules, each under its path in their folder. */
async function sources() {
  const here = fileURLToPath(new URL('.', import.meta.url))
  const files = (await readdir(here, { recursive: true })).filter((file) => /(?<!\.test)\.ts$/.test(file))
  return Promise.all(files.map(async (file) => ({ file, text: await readFile(join(here, file), 'utf8') })))
}

const namesOf = (modules: readonly { readonly name: string }[]) => modules.map(({ name }) => name)

describe('the table of modules', () => {
  it('has what all.ts has, in the same order, by their names and with their former ones', async () => {
    expect(await new ModuleShelf(moduleTable).all()).toEqual(allModules)
    expect(Object.keys(moduleTable)).toEqual(namesOf(allModules))
    for (const { name, aliases = [] } of allModules) {
      expect(moduleTable[name]?.alsoNamed ?? []).toEqual(expect.arrayContaining([...aliases]))
    }
  })

  it('loads what is named, by whatever name, what is always on and what those need', async () => {
    const shelf = new ModuleShelf(moduleTable)
    await shelf.load(['mod_mam_meta', 'mod_event_pusher_push', 'mod_nobody_has'])
    const named = ['mod_presence', 'mod_mam', 'mod_event_pusher']
    const needs = allModules.filter(({ name }) => named.includes(name)).flatMap(({ needs = [] }) => needs)
    expect(namesOf(shelf.loaded)).toEqual(expect.arrayContaining([...named, ...needs]))
    expect(namesOf(shelf.loaded)).not.toContain('mod_muc_light')
    expect(namesOf(shelf.known)).toEqual(namesOf(allModules))
  })

  it('has every key beside the name of a module that its options are read from', async () => {
    const beside = /'\.\.\/(mod_\w+)'/g
    for (const { file, text } of await sources()) {
      for (const [, key = ''] of text.matchAll(beside)) {
        const shelf = new ModuleShelf(moduleTable)
        await shelf.load([key])
        const folder = file.split('/')[0]?.replaceAll('-', '_')
        expect(namesOf(shelf.loaded), `${key} of ${file}`).toContain(`mod_${folder}`)
      }
    }
  })

  it('keeps one list, in the order of the table, to which a later load adds', async () => {
    const shelf = new ModuleShelf(moduleTable)
    const { loaded } = shelf
    await shelf.load(['mod_version'])
    expect(namesOf(loaded)).not.toContain('mod_ping')
    await shelf.load(['mod_ping'])
    expect(namesOf(loaded)).toEqual(namesOf(allModules).filter((name) => namesOf(loaded).includes(name)))
    expect(namesOf(loaded)).toEqual(expect.arrayContaining(['mod_version', 'mod_ping']))
  })
})

describe('a configuration whose modules are loaded for it', () => {
  const read = (text: string, modules = new ModuleShelf(moduleTable)) =>
    loadConfigLazily({ file: '/etc/meerkat.toml', text: `[general]\nhosts = ["a.example"]\n${text}`, modules, env: {} })

  it('has the options of modules of all domains and of single ones', async () => {
    const own = '[[host_config]]\nhost = "a.example"\n[host_config.modules.mod_ping]\n'
    const { config } = await read(`[modules.mod_last]\n${own}`)
    expect(Object.keys(config.modules)).toEqual(['mod_last', 'mod_presence'])
    expect(config.host_config[0]?.modules).toHaveProperty('mod_ping.ping_interval')
  })

  it('tells all that is wrong: in modules that it names, and names like those of others', async () => {
    const reading = read('[modules.mod_ping]\nping_intervall = 1\n[modules.mod_anounce]\n')
    await expect(reading).rejects.toThrow(/ping_intervall/)
    await expect(reading).rejects.toThrow(/did you mean "mod_announce"/)
  })
})
