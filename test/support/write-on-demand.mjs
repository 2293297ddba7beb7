// Writes as its parent says, over the IPC channel: { write: n } writes n rows, { read: true } counts them. Tells of every write
// that was acknowledged, every count, and every change of health. Run from the built files. Argument: the database file.
import { openDatabase } from '../../dist/storage/open.js'

// A write beyond the limit of file sizes is then an error of that write, as it is on a full disk.
process.on('SIGXFSZ', () => {})
const db = await openDatabase({ kind: 'sqlite', file: process.argv[2] })
await db.q.schema
  .createTable('row')
  .ifNotExists()
  .addColumn('id', 'integer', (column) => column.primaryKey())
  .addColumn('body', 'blob')
  .execute()
db.onHealth((health) => process.send({ health }))
const body = Buffer.alloc(4000, 65)
let last = 0

function write(count) {
  for (let i = 0; i < count; i++) {
    const id = ++last
    db.q
      .insertInto('row')
      .values({ id, body })
      .execute()
      .then(
        () => process.send({ written: id }),
        (error) => process.send({ refused: id, error: String(error) }),
      )
  }
}

async function read() {
  const [row] = await db.q
    .selectFrom('row')
    .select((eb) => eb.fn.countAll().as('count'))
    .execute()
  process.send({ count: row.count })
}

process.on('message', (message) => {
  if (message.write) write(message.write)
  else if (message.read) read().catch((error) => process.send({ count: String(error) }))
  else if (message.close) db.close().then(() => process.disconnect())
})
process.send({ ready: true })
