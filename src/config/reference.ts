import { z } from 'zod'
import { describeSetAside, describeTables, type OptionDescription, type TableDescription } from './describe.ts'
import type { ModuleDeclaration } from './modules.ts'
import { configSchema } from './schema.ts'
import { isTable } from './schema-walk.ts'
import { tomlValue } from './toml-value.ts'

/** The option reference, in Markdown. */
export function optionReference(modules: readonly ModuleDeclaration[]): string {
  const schema = configSchema(modules)
  const tables = describeTables(schema).filter(({ path }) => path.length > 0)
  const aside = describeSetAside(schema)
  const noEffect = aside.filter(({ meta }) => meta.noEffect !== undefined)
  const later = aside.filter(({ meta }) => meta.notBuilt !== undefined)
  return [
    '# Options',
    '',
    'Every option of `meerkat.toml`. This page is written by `npm run docs` from the declarations in the source; the same',
    'declarations check a configuration. A missing default means that the option is not set unless you set it.',
    '',
    ...tables.flatMap(referenceOf),
    '## Accepted without effect',
    '',
    'Known from MongooseIM, so that a configuration can be taken over; each is told of at the start.',
    '',
    '| option | why |',
    '| --- | --- |',
    ...noEffect.map(({ path, meta }) => `| \`${path}\` | ${cell(meta.noEffect ?? '')} |`),
    '',
    '## Not there yet',
    '',
    'Known from MongooseIM and refused by name. With `--skip-missing` they are left out with a warning, except for those that',
    'protect somebody.',
    '',
    '| option | what it would give | protects |',
    '| --- | --- | --- |',
    ...later.map(
      ({ path, meta }) =>
        `| \`${path}\` | ${cell(meta.notBuilt?.name ?? '')} | ${meta.notBuilt?.protects === true ? 'yes' : ''} |`,
    ),
    '',
  ].join('\n')
}

function referenceOf({ path, about, options }: TableDescription): string[] {
  const heading = [`## \`${headerOf(path)}\``, '', ...(about === '' ? [] : [about, ''])]
  if (options.length === 0) return heading
  return [
    ...heading,
    '| option | type | default | meaning |',
    '| --- | --- | --- | --- |',
    ...options.map(
      (option) => `| \`${option.key}\` | ${cell(option.type)} | ${defaultOf(option)} | ${meaningOf(option)} |`,
    ),
    '',
  ]
}

function defaultOf(option: OptionDescription): string {
  if (option.isRequired) return 'required'
  return option.defaultValue === undefined ? '' : `\`${cell(tomlValue(option.defaultValue))}\``
}

function meaningOf({ meta }: OptionDescription): string {
  const aliases = (meta.aliases ?? []).map((alias) => (typeof alias === 'string' ? alias : alias.key))
  return [
    cell(meta.description ?? ''),
    ...(aliases.length === 0
      ? []
      : [`Also ${aliases.map((alias) => `\`${alias.replaceAll('../', '')}\``).join(', ')}.`]),
    ...(meta.since === undefined ? [] : [`Since ${meta.since}.`]),
  ].join(' ')
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}

/** `[a.b]`, or `[[a.b]]` for a table that may stand several times. */
function headerOf(path: readonly string[]): string {
  const isList = path.at(-1)?.endsWith('[]') === true
  const name = path.map((part) => part.replace('[]', '')).join('.')
  return isList ? `[[${name}]]` : `[${name}]`
}

/** An example file with every option, commented out at its default where it has one. */
export function exampleFile(modules: readonly ModuleDeclaration[]): string {
  const tables = describeTables(configSchema(modules)).filter(({ path }) => path.length > 0)
  return [
    '## Every option of Meerkat, written by `npm run docs`. Lines that begin with ## explain, those with # are settings:',
    '## take the # away to use one. Names in capitals, and example names, are yours to choose.',
    ...tables.flatMap(exampleOf),
    '',
  ].join('\n')
}

function exampleOf({ path, about, options, isEmpty, example }: TableDescription): string[] {
  // What stands within freely named tables is shown as a whole, by the example of the table around it.
  if (path.some((part) => part.startsWith('NAME'))) return []
  const lines = isTable(example) ? Object.entries(example).map(([key, value]) => `# ${key} = ${tomlValue(value)}`) : []
  const hasContent = options.length > 0 || lines.length > 0 || isEmpty
  if (!hasContent) return []
  const mark = path[0] === 'general' ? '' : '# '
  const header = `${mark}${headerOf(path)}`
  return ['', ...(about === '' ? [] : [`## ${about}`]), header, ...lines, ...options.flatMap(exampleOption)]
}

function exampleOption(option: OptionDescription): string[] {
  const { key, meta, defaultValue } = option
  const shown = meta.example ?? defaultValue ?? sampleOf(option)
  const about = meta.description === undefined ? [] : [`## ${meta.description}`]
  const mark = key === 'hosts' ? '' : '# '
  return [...about, `${mark}${key} = ${tomlValue(shown)}`]
}

function sampleOf({ type, key }: OptionDescription): unknown {
  if (key === 'path') return '/path'
  if (type === 'port') return 5222
  if (/integer|milliseconds|seconds/.test(type)) return 1
  if (type.startsWith('array')) return []
  if (type.startsWith('true')) return true
  const [, word] = /^"([^"]*)"/.exec(type) ?? []
  return word ?? 'text'
}

/** A JSON Schema of the configuration, for editors. */
export function jsonSchema(modules: readonly ModuleDeclaration[]): object {
  const schema = z.toJSONSchema(configSchema(modules), {
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema: target }) => tidy(target),
  })
  return { ...schema, title: 'Meerkat configuration' }
}

const ownMeta = [
  'secret',
  'reload',
  'since',
  'example',
  'aliases',
  'notBuilt',
  'noEffect',
  'file',
  'refers',
  'shownAs',
  'era',
]

/** Takes out what is ours in the metadata and what JSON cannot say. */
function tidy(target: Record<string, unknown>): void {
  // What is refused by name is still named, so that an editor can tell it from a mistake.
  if (target['notBuilt'] !== undefined || target['noEffect'] !== undefined) target['deprecated'] = true
  for (const key of ownMeta) delete target[key]
  if (target['default'] === Number.POSITIVE_INFINITY) target['default'] = 'infinity'
}
