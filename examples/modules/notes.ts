// A module outside the server: short notes that users keep for themselves, seen on all their devices.
// docs/modules-guide.md explains it line by line; test/examples/notes.test.ts shows that it works.
import {
  CommandError,
  command,
  defineModule,
  el,
  Jid,
  type ModuleServices,
  moduleApi,
  personalData,
  StanzaError,
  tables,
  userRemoved,
  z,
} from 'meerkat'

const NS = 'urn:example:notes:0'

interface Tables {
  mod_notes: { domain: string; username: string; title: string; body: string; changed_at: number }
}

/** What other modules, and the commands below, may ask of this one. */
export interface NotesApi {
  titles(user: Jid): Promise<readonly string[]>
}
export const notesApi = moduleApi<NotesApi>('mod_notes')

const listNotes = command({
  name: 'notes.listNotes',
  about: 'Lists the titles of the notes of a user.',
  input: z.strictObject({ user: z.string().describe('Address of the user.') }),
  output: z.array(z.string()),
  scope: 'admin',
  async run({ user }, services: ModuleServices) {
    const jid = Jid.tryParse(user)
    if (jid === undefined) throw new CommandError('invalid_user', `${user} is not an address`)
    return [...(await services.api(jid.domain, notesApi).titles(jid))]
  },
})

export default defineModule({
  name: 'mod_notes',
  about: 'Keeps short notes for each user.',
  xeps: [],
  options: z.strictObject({
    max_notes: z.int().positive().default(100).describe('Most notes of one user.').meta({ reload: 'live' }),
    max_length: z.int().positive().default(4096).describe('Longest note, in characters.').meta({ reload: 'live' }),
  }),
  tables: tables<Tables>(),
  migrations: {
    '001_create': async ({ schema }) => {
      await schema
        .createTable('mod_notes')
        .addColumn('domain', 'varchar(255)', (column) => column.notNull())
        .addColumn('username', 'varchar(255)', (column) => column.notNull())
        .addColumn('title', 'varchar(255)', (column) => column.notNull())
        .addColumn('body', 'text', (column) => column.notNull())
        .addColumn('changed_at', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('mod_notes_key', ['domain', 'username', 'title'])
        .execute()
    },
  },
  commands: [listNotes],
  setup({ iq, on, db, options, clock, metrics, provide }) {
    const kept = metrics.counter('mod_notes_kept_count', 'Notes that users have written')
    const rowsOf = ({ domain, local }: Jid) =>
      db.q
        .selectFrom('mod_notes')
        .selectAll()
        .where('domain', '=', domain)
        .where('username', '=', local)
        .orderBy('title')

    iq.account('get', NS, 'notes', async ({ from }) => {
      const rows = await rowsOf(from).execute()
      return el(
        'notes',
        NS,
        rows.map(({ title, body }) => el('note', NS, { title }, body)),
      )
    })

    iq.account('set', NS, 'note', async ({ from, payload }) => {
      const title = payload.attr('title') ?? ''
      const body = payload.text()
      if (title === '') throw new StanzaError('bad-request', { text: 'A note needs a title' })
      if (body.length > options.max_length) throw new StanzaError('policy-violation', { text: 'The note is too long' })
      const rows = await rowsOf(from).execute()
      const isNew = rows.every((row) => row.title !== title)
      if (isNew && rows.length >= options.max_notes) throw new StanzaError('resource-constraint')
      const { domain, local: username } = from
      const note = { domain, username, title, body, changed_at: clock.now() }
      await db.upsert('mod_notes', note, ['domain', 'username', 'title']).execute()
      kept.inc()
      return undefined
    })

    provide(notesApi, {
      titles: async (user) => (await rowsOf(user).execute()).map(({ title }) => title),
    })

    on(userRemoved, 'forget', async ({ user }) => {
      const { domain, local } = user
      await db.q.deleteFrom('mod_notes').where('domain', '=', domain).where('username', '=', local).execute()
    })
    on(personalData, 'collect', async ({ user }) => {
      const rows = await rowsOf(user).execute()
      return { name: 'notes', rows: rows.map(({ title, body }) => ({ title, body })) }
    })
  },
})
