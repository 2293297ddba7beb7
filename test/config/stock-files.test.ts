import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { configFor } from '../../src/config/host-config.ts'
import { parseConfig } from '../../src/config/load.ts'
import { ConfigErrors, type Problem } from '../../src/config/problem.ts'
import { allModules } from '../../src/modules/all.ts'

const fileOf = (name: string) => fileURLToPath(new URL(`./stock-files/${name}.toml`, import.meta.url))
const textOf = (name: string) => readFileSync(fileOf(name), 'utf8')

function load(name: string, { skipMissing = false, text = textOf(name) } = {}) {
  return parseConfig({ text, file: fileOf(name), modules: allModules, skipMissing, env: {} })
}

function errorsOf(name: string, skipMissing: boolean): readonly Problem[] {
  try {
    load(name, { skipMissing })
    return []
  } catch (error) {
    if (error instanceof ConfigErrors) return error.errors
    throw error
  }
}

/** Without the tables and keys at these paths. */
function without(text: string, paths: readonly string[]): string {
  const isOut = (name: string) => paths.some((path) => name === path || name.startsWith(`${path}.`))
  const tables = text.split(/^(?=\[)/m).map((table) => ({ table, name: /^\[+([\w.]+)\]/.exec(table)?.[1] ?? '' }))
  const kept = tables.filter(({ name }) => !isOut(name))
  return kept
    .flatMap(({ table, name }) => table.split('\n').filter((line) => !isOut(`${name}.${line.split(' = ')[0]}`)))
    .join('\n')
}

for (const name of ['generation-4.0', 'generation-6']) {
  describe(`a site of ${name}`, () => {
    it('is told, by name and line, of everything that is not built, and of nothing else', () => {
      const errors = errorsOf(name, false)
      expect(errors).not.toHaveLength(0)
      expect(errors.filter(({ what }) => what !== 'not_built_yet')).toEqual([])
      const lines = textOf(name).split('\n')
      for (const { path, line = 0, message } of errors) {
        expect(message).toMatch(/^Meerkat does not have .* yet/)
        const key =
          path
            .replace(/\[\d+\]/g, '')
            .split('.')
            .at(-1) ?? ''
        expect(lines[line - 1], path).toContain(key)
      }
    })

    it('is not let in without what protects somebody', () => {
      for (const { what, message } of errorsOf(name, true)) {
        expect(what).toBe('not_built_yet')
        expect(message).toContain('it protects somebody')
      }
    })

    it('loads without that, with a notice for whatever has no effect', () => {
      const text = without(
        textOf(name),
        errorsOf(name, true).map(({ path }) => path),
      )
      const { config, notices } = load(name, { skipMissing: true, text })
      expect(config.general.hosts[0]).toBe('localhost')
      expect(config.modules).toHaveProperty('mod_roster')
      expect(config.listen.http).not.toHaveLength(0)
      const said = notices.map(({ what }) => what)
      expect(said).toEqual(expect.arrayContaining(['no_effect', 'not_built_yet', 'plain_without_tls']))
    })
  })
}

describe('a site of generation-4.0, once it is read', () => {
  it('has the newest names', () => {
    const text = without(
      textOf('generation-4.0'),
      errorsOf('generation-4.0', true).map(({ path }) => path),
    )
    const { config } = load('generation-4.0', { skipMissing: true, text })
    expect(config.listen.http[0]?.handlers.mongoose_websocket_handler).toHaveLength(1)
    expect(config.listen.http[1]?.tls?.verify_mode).toBe('none')
    expect(config.auth.password.scram_iterations).toBe(10_000)
    expect(config.shaper['normal']?.max_rate).toBe(1000)
    expect(config.general.domain_certfile.map(({ domain }) => domain)).toEqual(['other.example'])
    expect(config.modules['mod_private']?.iqdisc).toEqual({ type: 'queues', workers: 4 })
    // Of that generation: merged key by key.
    expect(configFor(config, 'other.example').auth).toMatchObject({ methods: ['internal'], max_users_per_domain: 1000 })
    expect(Object.keys(configFor(config, 'other.example').modules)).not.toContain('mod_private')
  })
})
