// Writes rows until it is killed, and tells its parent of each that was acknowledged: one number a line on standard output.
// Run from the built files. Arguments: the database file, how many writers work side by side.
import { openDatabase } from '../../dist/storage/open.js'

const [file, writers] = process.argv.slice(2)
const db = await openDatabase({ kind: 'sqlite', file })
await db.migrate('kill', {
  '001_create': async (q) => {
    const table = (name) => q.schema.createTable(name).addColumn('id', 'integer', (column) => column.primaryKey())
    await table('row').addColumn('body', 'blob').execute()
    await table('twin').execute()
  },
})
const [last] = await db.q
  .selectFrom('row')
  .select((eb) => eb.fn.max('id').as('id'))
  .execute()
let next = (last?.id ?? 0) + 1
const body = Buffer.alloc(300, 65)

async function write() {
  for (;;) {
    const id = next++
    await db.atomic([db.q.insertInto('row').values({ id, body }), db.q.insertInto('twin').values({ id })])
    process.stdout.write(`${id}\n`)
  }
}

await Promise.all(Array.from({ length: Number(writers) }, write))
