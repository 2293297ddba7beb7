import type { Socket } from 'node:net'
import type { Connection, FieldPacket } from 'mysql2'
import { type Link, LinkFailure, type Reply, type Statement } from '../remote/link.ts'
import { failureFrom } from './errors.ts'
import { formatStatement } from './format.ts'
import { replyOf } from './replies.ts'

/** Characters that travel in one packet, unless one statement is longer. */
const PORTION = 1 << 20
/** What a packet holds besides the text of a statement, generously. */
const FRAME = 1024

/**
 * A connection to MySQL or MariaDB. The driver waits for the answer to each packet, so statements that belong together travel
 * in one, their values written into them; the server stops at the first that fails.
 */
export class MysqlLink implements Link {
  onLost: () => void = () => {}
  readonly #connection: Connection
  /** Bytes that the server accepts in one packet. */
  readonly #maxPacket: number
  #isLost = false
  #isEnding = false

  constructor(connection: Connection, maxPacket: number) {
    this.#connection = connection
    this.#maxPacket = maxPacket
    connection.on('error', () => this.#lost())
    connection.on('end', () => this.#lost())
  }

  get socket(): Socket {
    return (this.#connection as unknown as { stream: Socket }).stream
  }

  get isLost(): boolean {
    return this.#isLost
  }

  async batch(statements: readonly Statement[]): Promise<Reply[]> {
    const replies: Reply[] = []
    let portion: Statement[] = []
    let texts: string[] = []
    let length = 0
    for (const statement of statements) {
      const text = this.#format(statement)
      if (length > 0 && length + text.length > PORTION) {
        replies.push(...(await this.#send(portion, texts)))
        portion = []
        texts = []
        length = 0
      }
      portion.push(statement)
      texts.push(text)
      length += text.length
    }
    if (portion.length > 0) replies.push(...(await this.#send(portion, texts)))
    return replies
  }

  end(): Promise<void> {
    this.#isEnding = true
    return new Promise((resolve) => this.#connection.end(() => resolve()))
  }

  destroy(): void {
    this.#isEnding = true
    this.#isLost = true
    this.#connection.destroy()
  }

  #format(statement: Statement): string {
    const text = formatStatement(statement)
    if (text.length * 3 < this.#maxPacket || Buffer.byteLength(text) + FRAME < this.#maxPacket) return text
    throw new LinkFailure('the values are larger than max_allowed_packet of the database', {
      kind: 'statement',
      code: 'ER_NET_PACKET_TOO_LARGE',
      sql: statement.sql,
    })
  }

  #send(statements: readonly Statement[], texts: readonly string[]): Promise<Reply[]> {
    const isOne = statements.length === 1
    const sql = isOne ? (statements[0]?.sql ?? '') : ''
    return new Promise((resolve, reject) => {
      this.#connection.query(texts.join(';\n'), (error, results, fields) => {
        if (error !== null) {
          reject(failureFrom(error, sql))
          return
        }
        const all = (isOne ? [results] : results) as unknown[]
        const columns = (isOne ? [fields] : fields) as (FieldPacket[] | undefined)[]
        try {
          resolve(statements.map((statement, i) => replyOf(statement.sql, all[i], columns[i])))
        } catch (failure) {
          reject(failureFrom(failure, sql))
        }
      })
    })
  }

  #lost(): void {
    if (this.#isLost) return
    this.#isLost = true
    if (!this.#isEnding) this.onLost()
  }
}
