/** The program of a database thread. */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { type Connection, connect } from '../driver.ts'
import type { JobsMessage, ThreadOptions } from '../wire.ts'
import { Answers } from './answers.ts'
import { Reader } from './reader.ts'
import { LOCK_WAIT, WalKeeper } from './wal-keeper.ts'
import { Writer } from './writer.ts'

function start(port: MessagePort, options: ThreadOptions): void {
  const answers = new Answers((message, transfer) => port.postMessage(message, transfer))
  const connection = open(options)
  if (options.role === 'reader') {
    const reader = new Reader(connection, answers)
    port.on('message', (message: JobsMessage) => {
      reader.receive(message)
      if (!connection.open) port.close()
    })
    return
  }
  const { flushInterval, flushRows } = options
  const writer = new Writer({ connection, answers, wal: new WalKeeper(connection), flushInterval, flushRows })
  port.on('message', (first: JobsMessage) => {
    let message: JobsMessage | undefined = first
    while (message) {
      writer.receive(message)
      message = receiveMessageOnPort(port)?.message as JobsMessage | undefined
    }
    writer.idle()
    if (!connection.open) port.close()
  })
}

function open({ role, file }: ThreadOptions): Connection {
  const connection = connect(file, { readonly: role === 'reader', timeout: LOCK_WAIT })
  connection.pragma('foreign_keys = on')
  connection.pragma('temp_store = memory')
  if (role === 'writer') {
    connection.pragma('journal_mode = wal')
    connection.pragma('synchronous = full')
    connection.pragma('wal_autocheckpoint = 0')
  }
  return connection
}

function run(port: MessagePort, options: ThreadOptions): void {
  try {
    start(port, options)
  } catch (error) {
    // The driver's errors lose their text on the way to the main thread.
    throw new Error(`${options.file} cannot be opened: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}

if (parentPort) run(parentPort, workerData as ThreadOptions)
