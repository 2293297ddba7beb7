import { type Connection, type ConnectionOptions, createConnection } from 'mysql2'
import type { Driver, Link, Role, Words } from '../remote/link.ts'
import type { ServerAddress } from '../server-address.ts'
import { tlsOptions } from '../server-tls.ts'
import { mysqlDialect } from './dialect.ts'
import { failureFrom } from './errors.ts'
import { MysqlLink } from './link.ts'

const LOCK = `concat('meerkat/', md5(database()))`

/** What only MariaDB reads is in comments that begin with `M!`. */
function words(queryTimeout: number): Words {
  return {
    // Nothing is committed unless we say so: after a deadlock the next statement would otherwise be, by itself.
    begin: undefined,
    endOfReads: 'commit',
    refusesCommits: false,
    makeMarks:
      'create table if not exists meerkat_marks (writer varbinary(64) primary key, batch bigint not null, at bigint not null) engine = InnoDB',
    addMark: 'insert ignore into meerkat_marks (writer, batch, at) values (?, 0, ?)',
    setMark: 'update meerkat_marks set batch = ?, at = ? where writer = ?',
    readMark: 'select batch from meerkat_marks where writer = ? for update',
    dropMark: 'delete from meerkat_marks where writer = ?',
    dropOldMarks: 'delete from meerkat_marks where at < ?',
    lock: ['set session /*M! max_statement_time = 0, */ lock_wait_timeout = 3600', `select get_lock(${LOCK}, 86400)`],
    unlock: [`do release_lock(${LOCK})`, timeouts(queryTimeout)],
  }
}

/** `max_statement_time` is in seconds, MySQL's `max_execution_time` in milliseconds and for reads only. */
function timeouts(queryTimeout: number): string {
  const seconds = Math.max(1, Math.ceil(queryTimeout / 1000))
  const [mariaDb, mysql] = [
    `/*M! max_statement_time = ${seconds}, */`,
    `/*!50708 max_execution_time = ${queryTimeout}, */`,
  ]
  return `set session ${mariaDb} ${mysql} innodb_lock_wait_timeout = ${seconds}, lock_wait_timeout = ${seconds}`
}

/** MySQL and MariaDB servers. */
export class MysqlDriver implements Driver {
  readonly dialect = mysqlDialect
  readonly words: Words
  readonly #address: ServerAddress

  constructor(address: ServerAddress) {
    this.#address = address
    this.words = words(address.queryTimeout)
  }

  async connect(role: Role): Promise<Link> {
    const connection = await this.#open(this.#address.tls)
    const link = new MysqlLink(connection, 1 << 20)
    try {
      const replies = await link.batch(this.#settings(role).map((sql) => ({ sql, values: [] })))
      const size = replies.at(-1)?.rows[0]?.size
      return new MysqlLink(connection, typeof size === 'number' ? size : 1 << 20)
    } catch (error) {
      link.destroy()
      throw error
    }
  }

  async learnSchema(): Promise<void> {}

  #settings(role: Role): string[] {
    return [
      `set session sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO'`,
      'set session transaction isolation level read committed',
      'set session default_storage_engine = InnoDB',
      timeouts(this.#address.queryTimeout),
      role === 'reader' ? 'set session transaction read only' : 'set session autocommit = 0',
      'select @@max_allowed_packet as size',
    ]
  }

  async #open(tls: ServerAddress['tls']): Promise<Connection> {
    const { host, port, database, username, password, queryTimeout } = this.#address
    const connection = createConnection({
      host,
      port,
      database,
      user: username,
      password,
      ...(tls === undefined ? {} : { ssl: tlsOptions(tls) as NonNullable<ConnectionOptions['ssl']> }),
      charset: 'utf8mb4_bin',
      connectTimeout: Math.max(queryTimeout, 1000),
      enableKeepAlive: true,
      multipleStatements: true,
      supportBigNumbers: true,
      dateStrings: true,
    } as ConnectionOptions)
    // What happens before the first statement rejects; without a listener the process would end.
    connection.on('error', () => {})
    try {
      await new Promise<void>((resolve, reject) => {
        connection.connect((error) => (error ? reject(error) : resolve()))
      })
    } catch (error) {
      connection.destroy()
      if (tls?.required === false && isWithoutTls(error)) return this.#open(undefined)
      throw failureFrom(error, '')
    }
    return connection
  }
}

function isWithoutTls(error: unknown): boolean {
  return (error as { code?: unknown } | undefined)?.code === 'HANDSHAKE_NO_SSL_SUPPORT'
}
