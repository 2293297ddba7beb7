import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse } from 'smol-toml'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { configFromValue, type LoadedConfig, parseConfig } from '../../src/config/load.ts'
import type { OptionMeta } from '../../src/config/option.ts'
import { ConfigErrors, type Problem } from '../../src/config/problem.ts'
import { configSchema } from '../../src/config/schema.ts'
import { isTable, peel, shapeOf } from '../../src/config/schema-walk.ts'
import { allModules } from '../../src/modules/all.ts'

const files = ['generation-4.0', 'newest']
const env = { JWT: 'secret', DB: 'secret', X: 'one' }
const fileOf = (name: string) => fileURLToPath(new URL(`./complete-files/${name}.toml`, import.meta.url))
const textOf = (name: string) => readFileSync(fileOf(name), 'utf8')

function errorsOf(name: string): readonly Problem[] {
  try {
    parseConfig({ text: textOf(name), file: fileOf(name), modules: allModules, env })
    return []
  } catch (error) {
    if (error instanceof ConfigErrors) return error.errors
    throw error
  }
}

const keysOf = (path: string) => path.replaceAll(/\[(\d+)\]/g, '.$1').split('.')

/** Reads a file without what is not built. */
function loadBuilt(name: string): LoadedConfig {
  const value = parse(textOf(name)) as Record<string, unknown>
  for (const { path } of errorsOf(name)) {
    const keys = keysOf(path)
    const holder = keys.slice(0, -1).reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], value)
    delete (holder as Record<string, unknown>)[keys.at(-1) ?? '']
  }
  return configFromValue({ value, file: fileOf(name), modules: allModules, env })
}

/** The options of a schema outside of those of modules, as paths; names that are free, and places in lists, are `*`. */
function optionsOf(schema: z.ZodType, path: readonly string[] = []): { path: string; meta: OptionMeta }[] {
  const { base, meta } = peel(schema)
  if (path.at(-2) === 'modules') return []
  if (base instanceof z.ZodRecord) return optionsOf(base.def.valueType as z.ZodType, [...path, '*'])
  if (base instanceof z.ZodArray) {
    const inner = optionsOf(base.def.element as z.ZodType, [...path, '*'])
    return inner.length > 1 ? inner : [{ path: path.join('.'), meta }]
  }
  const children = Object.entries(shapeOf(schema))
  if (children.length === 0) return [{ path: path.join('.'), meta }]
  return children.flatMap(([key, child]) => optionsOf(child, [...path, key]))
}

/** What a file says, as such paths. */
function writtenIn(value: unknown, path: readonly string[] = []): string[] {
  const here = path.join('.')
  if (Array.isArray(value)) return [here, ...value.flatMap((item) => writtenIn(item, [...path, '*']))]
  if (!isTable(value)) return [here]
  return [here, ...Object.entries(value).flatMap(([key, inner]) => writtenIn(inner, [...path, key]))]
}

function fits(written: string, option: string): boolean {
  const [a, b] = [written.split('.'), option.split('.')]
  return a.length === b.length && b.every((key, index) => key === '*' || key === a[index])
}

describe.each(files)('a file with every key of %s', (name) => {
  it('is told of what is not built, and of nothing else', () => {
    const errors = errorsOf(name)
    expect(errors.length).toBeGreaterThan(0)
    expect(errors.filter(({ what }) => what !== 'not_built_yet')).toEqual([])
  })

  it('loads without that, and every key that has no effect is told of', () => {
    const { notices } = loadBuilt(name)
    const told = notices.filter(({ what }) => what === 'no_effect').map(({ path }) => path)
    const aside = optionsOf(configSchema(allModules)).filter(({ meta }) => meta.noEffect !== undefined)
    const written = writtenIn(parse(textOf(name)))
    const expected = aside.map(({ path }) => path).filter((path) => written.some((each) => fits(each, path)))
    expect(expected.length).toBeGreaterThan(10)
    const shown = told.map((path) => keysOf(path).join('.'))
    for (const path of expected)
      expect(
        shown.some((each) => fits(each, path)),
        path,
      ).toBe(true)
  })
})

describe('a file with every key of a cluster', () => {
  it('loads', () => {
    expect(errorsOf('cluster')).toEqual([])
    expect(loadBuilt('cluster').config.internal_databases.cluster?.node_name).toBe('meerkat@host1')
  })
})

describe('the options that there are', () => {
  it('stand in one of those files, under their name or an older one', () => {
    const written = [...files, 'cluster'].flatMap((name) => writtenIn(parse(textOf(name))))
    const missing = optionsOf(configSchema(allModules))
      // What a host has of its own is as in general; pools have one schema, whatever they are of.
      .map(({ path }) => path.replace(/^outgoing_pools\.\w+\./, 'outgoing_pools.*.'))
      .filter((path) => !/^host_config\.\*\.(?:auth|acl|access|outgoing_pools|s2s)\./.test(path))
      .filter((path) => !written.some((each) => fits(each, path)))
    expect(missing).toEqual([])
  })
})
