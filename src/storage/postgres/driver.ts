import pg from 'pg'
import { type Driver, type Link, LinkFailure, type Role, type Words } from '../remote/link.ts'
import type { ServerAddress } from '../server-address.ts'
import { postgresDialect } from './dialect.ts'
import { failureFrom } from './errors.ts'
import { type Keys, PostgresLink, types } from './link.ts'

const words: Words = {
  begin: 'begin',
  endOfReads: undefined,
  makeMarks:
    'create table if not exists meerkat_marks (writer text primary key, batch bigint not null, at bigint not null)',
  addMark: 'insert into meerkat_marks (writer, batch, at) values ($1, 0, $2) on conflict (writer) do nothing',
  setMark: 'update meerkat_marks set batch = $1, at = $2 where writer = $3',
  readMark: 'select batch from meerkat_marks where writer = $1 for update',
  dropMark: 'delete from meerkat_marks where writer = $1',
  dropOldMarks: 'delete from meerkat_marks where at < $1',
  lock: ['set local statement_timeout = 0', `select pg_advisory_xact_lock(hashtextextended('meerkat_migrations', 0))`],
  unlock: undefined,
}

const FIND_KEYS = `select c.relname as name, a.attname as key from pg_attribute a join pg_class c on c.oid = a.attrelid
  where a.attidentity <> '' and pg_table_is_visible(c.oid)`

/** PostgreSQL servers. */
export class PostgresDriver implements Driver {
  readonly dialect = postgresDialect
  readonly words = words
  readonly #address: ServerAddress
  #keys: Keys = new Map()

  constructor(address: ServerAddress) {
    this.#address = address
  }

  async connect(role: Role): Promise<Link> {
    const client = await this.#open(role, this.#address.tls)
    const link = new PostgresLink(client, role, () => this.#keys)
    const [reply] = await link.batch([{ sql: 'show server_encoding', values: [] }])
    if (reply?.rows[0]?.server_encoding === 'UTF8') return link
    link.destroy()
    const text =
      'the encoding of the database must be UTF8: make it with create database … encoding UTF8 template template0'
    throw new LinkFailure(text, { kind: 'trouble', code: 'MEERKAT_ENCODING' })
  }

  async learnSchema(link: Link): Promise<void> {
    const [reply] = await link.batch([{ sql: FIND_KEYS, values: [] }])
    this.#keys = new Map(reply?.rows.map((row) => [String(row.name), String(row.key)]))
  }

  async #open(role: Role, tls: ServerAddress['tls']): Promise<pg.Client> {
    const { host, port, database, username, password, queryTimeout } = this.#address
    const readOnly = role === 'reader' ? ' -c default_transaction_read_only=on' : ''
    const client = new pg.Client({
      host,
      port,
      database,
      user: username,
      password,
      ssl: tls === undefined ? false : tls.options,
      application_name: 'meerkat',
      connectionTimeoutMillis: Math.max(queryTimeout, 1000),
      keepAlive: true,
      options: `-c statement_timeout=${queryTimeout} -c lock_timeout=${queryTimeout}${readOnly}`,
      types,
      pipeline: true,
    } as pg.ClientConfig)
    // What happens before the first statement rejects `connect`; without a listener the process would end.
    client.on('error', () => {})
    try {
      await client.connect()
    } catch (error) {
      if (tls?.isOptional === true && isWithoutTls(error)) return this.#open(role, undefined)
      throw failureFrom(error, '')
    }
    return client
  }
}

function isWithoutTls(error: unknown): boolean {
  return error instanceof Error && error.message.includes('does not support SSL')
}
