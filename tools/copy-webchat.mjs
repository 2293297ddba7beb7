// Copies what the web chat needs of Converse.js into dist/webchat (or the folder given): the minified files, languages,
// emoji list, fonts, sounds and pictures. No source maps, and nothing of its own web site.
import { cp, mkdir, readdir, rm, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const wanted = [
  'converse.min.js',
  'converse.min.css',
  'emoji.json',
  'libomemo.esm.min.js',
  'curve25519_compiled.wasm',
  'shared-connection-worker.js',
  'chunkjs',
  'images',
  'sounds',
  'webfonts',
]

const target = resolve(process.argv[2] ?? fileURLToPath(new URL('../dist/webchat', import.meta.url)))
// The package exports nothing but what lies in `dist`.
const home = dirname(dirname(createRequire(import.meta.url).resolve('converse.js/dist/converse.min.js')))
const filter = (path) => !path.endsWith('.map')

await rm(target, { recursive: true, force: true })
await mkdir(target, { recursive: true })
for (const name of wanted) await cp(join(home, 'dist', name), join(target, name), { recursive: true, filter })
// Its licence asks for it.
for (const name of ['LICENSE', 'COPYRIGHT']) await cp(join(home, name), join(target, `${name}.txt`))

const found = await readdir(target, { recursive: true, withFileTypes: true })
const files = found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size))
const bytes = sizes.reduce((sum, size) => sum + size, 0)
console.log(`Web chat: ${files.length} files, ${(bytes / 1_048_576).toFixed(1)} MB`)
