// Writes what is generated from the declarations: docs/options.md, examples/meerkat.toml, docs/meerkat.schema.json; and counts
// the states of docs/status.md.
//   npm run docs               writes them
//   npm run docs -- --check    fails when one of them is not what the declarations say
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { exampleFile, jsonSchema, optionReference } from '../src/config/reference.ts'
import { allModules as modules } from '../src/modules/all.ts'
import { withCounts } from './status-counts.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const files: Readonly<Record<string, string>> = {
  'docs/options.md': optionReference(modules),
  'examples/meerkat.toml': exampleFile(modules),
  'docs/meerkat.schema.json': `${JSON.stringify(jsonSchema(modules), null, 2)}\n`,
  'docs/status.md': withCounts(readFileSync(`${root}docs/status.md`, 'utf8')),
}

function current(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

const isCheck = process.argv.includes('--check')
const stale = Object.entries(files).filter(([name, text]) => current(`${root}${name}`) !== text)
for (const [name, text] of stale) {
  if (isCheck) console.error(`${name} is not what the declarations say: run npm run docs`)
  else {
    mkdirSync(dirname(`${root}${name}`), { recursive: true })
    writeFileSync(`${root}${name}`, text)
    console.log(`wrote ${name}`)
  }
}
if (isCheck && stale.length > 0) process.exitCode = 1
