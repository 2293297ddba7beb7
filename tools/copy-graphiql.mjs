// Copies what the page for GraphQL needs of GraphiQL and React into dist/graphiql (or the folder given), with their licences.
import { cp, mkdir, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const target = resolve(process.argv[2] ?? join(root, 'dist/graphiql'))

const files = [
  ['graphiql/graphiql.min.js', 'graphiql.min.js'],
  ['graphiql/graphiql.min.css', 'graphiql.min.css'],
  ['graphiql/LICENSE', 'graphiql.LICENSE.txt'],
  ['react/umd/react.production.min.js', 'react.production.min.js'],
  ['react-dom/umd/react-dom.production.min.js', 'react-dom.production.min.js'],
  ['react/LICENSE', 'react.LICENSE.txt'],
]

await rm(target, { recursive: true, force: true })
await mkdir(target, { recursive: true })
for (const [from, to] of files) await cp(join(root, 'node_modules', from), join(target, to))
