/** The program of the thread that writes a dump: as long as it takes, the event loop of the server knows nothing of it. */
import { closeSync, openSync, writeFileSync } from 'node:fs'
import { workerData } from 'node:worker_threads'
import type { DumpTask } from '../../dump.ts'
import { linesOf } from '../../dump-lines.ts'
import { connect } from '../driver.ts'

/** Characters that are written at a time. */
const gathering = 262_144

function dump({ database, tables, file }: DumpTask): void {
  const connection = connect(database, { readonly: true })
  const handle = openSync(file, 'w', 0o600)
  try {
    let waiting = ''
    for (const line of linesOf(connection, tables)) {
      waiting += line
      if (waiting.length < gathering) continue
      writeFileSync(handle, waiting)
      waiting = ''
    }
    writeFileSync(handle, waiting)
  } finally {
    closeSync(handle)
    connection.close()
  }
}

dump(workerData as DumpTask)
