import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { defaultConfig } from '../../src/config/default-config.ts'
import { allModules } from '../../src/modules/all.ts'
import { type RunningProgram, Workplace } from '../support/program.ts'

const config = defaultConfig(allModules.map(({ name }) => name)).replace(/^port = \d+$/gm, 'port = 0')

describe('meerkat reload', () => {
  let here: Workplace
  let server: RunningProgram

  beforeAll(async () => {
    here = new Workplace()
    here.file('meerkat.toml', config)
    server = await here.serve()
  })
  afterAll(() => here.close())

  it('says so when nothing has changed', async () => {
    expect(await here.run('reload')).toMatchObject({ code: 0, out: 'Nothing has changed in the configuration.\n' })
  })

  it('tells what would change, what has changed, and what needs a restart', async () => {
    const changed = config.replace('loglevel = "info"', 'loglevel = "debug"\nlanguage = "de"')
    here.file('meerkat.toml', changed)
    const rest = 'Needs a restart:\n  general.language\n'
    expect(await here.run('reload', '--dry-run')).toMatchObject({
      code: 0,
      out: `Would change:\n  general.loglevel\n${rest}`,
    })
    expect(await here.run('reload')).toMatchObject({ code: 0, out: `Changed:\n  general.loglevel\n${rest}` })
    expect(await here.data('server', 'getLoglevel')).toBe('DEBUG')
    expect(await here.run('reload')).toMatchObject({ code: 0, out: rest })
  })

  it('prints the errors of a bad file and changes nothing', async () => {
    here.file('meerkat.toml', config.replace('loglevel = "info"', 'loglevel = "loud"\nzzz = 1'))
    const { code, err } = await here.run('reload')
    expect(code).toBe(1)
    expect(err).toContain('general.loglevel')
    expect(err).toContain('general.zzz')
    expect(err).toContain('2 errors in the configuration\nNothing has been changed.\n')
    expect(await here.data('server', 'getLoglevel')).toBe('DEBUG')
  })

  it('happens on SIGHUP as well', async () => {
    here.file('meerkat.toml', config)
    server.kill('SIGHUP')
    await server.says('configuration_reloaded')
    here.file('meerkat.toml', 'nonsense')
    server.kill('SIGHUP')
    await server.says('reload_failed')
    expect((await here.run('status')).code).toBe(0)
  })

  it('needs a server that runs', async () => {
    const elsewhere = new Workplace()
    expect(await elsewhere.run('reload')).toMatchObject({ code: 3, err: 'Meerkat is not running.\n' })
    await elsewhere.close()
  })
})
