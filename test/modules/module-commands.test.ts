import { describe, expect, it } from 'vitest'
import { allModules } from '../../src/modules/all.ts'
import { FileServer } from '../support/file-server.ts'
import { baseConfig, ownServer } from '../support/own-server.ts'

describe('commands of modules that do not run', () => {
  const none = ownServer('')
  it('are refused with the name of the module', async () => {
    const running = new Set(['mod_presence', 'mod_roster', 'mod_disco', 'mod_ping'])
    const absent = allModules.filter(({ name }) => !running.has(name))
    const commands = absent.flatMap(({ name, commands = [] }) => commands.map((each) => [name, each.name] as const))
    expect(commands.length).toBeGreaterThan(20)
    for (const [module, name] of commands) {
      const error = { code: 'deps_not_loaded', context: { not_loaded_modules: [module] } }
      await expect(none.command(name, {}), name).rejects.toMatchObject(error)
    }
    await expect(none.command('no.such', {})).rejects.toMatchObject({ code: 'unknown_command' })
  })

  it('are refused for a domain where the module does not run, though it runs on another', async () => {
    const error = { code: 'deps_not_loaded', context: { not_loaded_modules: ['mod_blocklist'] } }
    const two = `${baseConfig.replace('"localhost"', '"localhost", "other.example"')}[modules.mod_blocklist]\n`
    const own = `[[host_config]]\nhost = "other.example"\n[host_config.modules.mod_roster]\n[host_config.modules.mod_presence]\n`
    await using file = await FileServer.start(two + own)
    const count = (domain: string) => file.server.commands.run('blocklist.userCount', { domain })
    expect(await count('localhost')).toBe(0)
    await expect(count('other.example')).rejects.toMatchObject(error)
  })
})
