import { Jid } from '../../jid/jid.ts'
import type { ModuleContext } from '../../module/context.ts'
import { defineModule, tables } from '../../module/define.ts'
import { subdomainOf } from '../../module/subdomain.ts'
import {
  accountReceives,
  domainRemoved,
  exportsUser,
  filterReroute,
  importsUser,
  personalData,
  storageForecast,
  userRemoved,
  userSends,
} from '../../router/events.ts'
import { bind2Bound } from '../../router/sign-in-events.ts'
import type { Stanza } from '../../stanza/stanza.ts'
import { letRun } from '../../util/settled.ts'
import { stanzaIdApi } from '../stanzaid/api.ts'
import { ArchiveAccess } from './access.ts'
import { mamApi } from './api.ts'
import { Archive } from './archive.ts'
import { ArchiveCap } from './archive-cap.ts'
import { mamCommands } from './commands.ts'
import { ArchiveDesk, type ArchiveView } from './desk.ts'
import { featuresOf, personalFeatures } from './features.ts'
import { historyOf } from './history.ts'
import { batchMeters, makeMeters } from './meters.ts'
import { mamNamespaces, mamNs } from './names.ts'
import { type ArchiveSettings, type MamOptions, options, settingsOf, writerSettings } from './options.ts'
import { PersonalArchive } from './personal.ts'
import { ArchiveImport, archivePart } from './portable.ts'
import { PreferenceStore } from './preference-store.ts'
import { noPreferences } from './preferences.ts'
import { metadataElement } from './results.ts'
import { RoomArchive, roomRow } from './rooms.ts'
import { type MamTables, migrations } from './tables.ts'

type Context = ModuleContext<MamOptions, MamTables>

export default defineModule({
  name: 'mod_mam',
  aliases: ['mod_mam_meta'],
  about: 'Archives the messages of accounts and rooms, and finds them again.',
  xeps: [
    { xep: 313, version: '1.1.3' },
    { xep: 59, version: '1.0' },
    { xep: 424, version: '0.4.2' },
    { xep: 431, version: '0.2.0' },
    { xep: 441, version: '0.2.0' },
  ],
  options,
  iqPolicy: 'parallel',
  tables: tables<MamTables>(),
  migrations,
  commands: mamCommands,
  async setup(context) {
    const { options, provide, accounts } = context
    if (options.pm === undefined && options.muc === undefined) return
    const personal = settingsOf(options, options.pm ?? {})
    const inRooms = settingsOf(options, options.muc ?? {})
    const archive = await openArchive(context, [personal, inRooms])
    const preferences = new PreferenceStore(context.db)
    const shared = { archive, preferences }
    if (options.pm !== undefined) archiveAccounts(context, shared, personal)
    provide(mamApi, {
      archivesAccounts: options.pm !== undefined,
      rooms: options.muc === undefined ? undefined : roomsOf(context, shared, inRooms),
      history: (account, request) => historyOf(archive, account, request),
      hasUser: (account) => accounts.exists(account),
    })
    // Results are for who has asked, and for nobody else (XEP-0313 §4.2).
    context.on(filterReroute, 'main', ({ stanza }) => (isResult(stanza) ? 'drop' : undefined))
    context.on(domainRemoved, 'forget', async ({ domain }) => {
      const service = options.muc === undefined ? [] : [subdomainOf(options.muc.host, domain).domain]
      await archive.settled()
      for (const each of [domain, ...service]) {
        for (const address of await archive.addresses.ofDomain(each)) {
          const owner = Jid.parse(address)
          await archive.remove(owner, options.delete_domain_limit)
          await preferences.forget(owner)
        }
      }
    })
    context.on(userRemoved, 'forget', async ({ user }) => {
      await archive.remove(user, options.delete_domain_limit)
      await preferences.forget(user)
    })
  },
})

interface Shared {
  readonly archive: Archive
  readonly preferences: PreferenceStore
}

/** What is kept on disk is the same for accounts and rooms: a message that both have is there once. */
async function openArchive(context: Context, settings: readonly ArchiveSettings[]): Promise<Archive> {
  const { host, db, clock, log, options, metrics, onStop } = context
  const writer = writerSettings(options)
  if (writer.flushInterval > slowFlush) {
    log.warn({ what: 'mam_acknowledgements_wait_for_flush', flush_interval: writer.flushInterval })
  }
  const meters = makeMeters(metrics, options.pm === undefined ? 'muc' : 'pm')
  const batches = batchMeters(metrics, `mod_mam_${host.type}`)
  const archive = new Archive({
    ...writer,
    name: context.host.type,
    db,
    clock,
    log,
    hasFullText: settings.some(({ hasFullText }) => hasFullText),
    hasReferences: settings.some(({ retraction }) => retraction),
    onBatch: (entries, why) => batches.left(entries, why),
    onFlushed: (entries, micros) => meters.flushed(entries, micros),
    onDropped(entries, error) {
      meters.dropped(entries)
      log.error({ what: 'mam_message_dropped', entries, reason: error })
    },
  })
  onStop(batches.watch(() => archive.waiting))
  await archive.open()
  let isStopped = false
  letRun(
    () => archive.catchUp(() => isStopped),
    (error) => log.error({ what: 'mam_indexing_failed', reason: error }),
  )
  onStop(async () => {
    isStopped = true
    await archive.settled()
  })
  return archive
}

/** Milliseconds from which it is worth saying that messages are acknowledged so much later. */
const slowFlush = 100

function archiveAccounts(context: Context, { archive, preferences }: Shared, own: ArchiveSettings): void {
  const { host, db, options, on, iq, metrics, find, onStop } = context
  const settings = withStableIds(own, find)
  const archivesGroupchats = options.pm?.archive_groupchats === true
  const cap = capOf(context, archive, own)
  const parts = { host, db: db.of<never>(), archive, cap, preferences, settings, meters: makeMeters(metrics, 'pm') }
  const desk = new ArchiveDesk({ ...parts, access: new ArchiveAccess(host, 'mam_', context.limitReached) })
  const accounts = new PersonalArchive({
    ...parts,
    rules: { chatMarkers: own.chatMarkers, groupchats: archivesGroupchats },
    hasSameIds: () => options.pm?.same_mam_id_for_peers === true,
    find,
  })
  on(userSends, 'store', (event) => accounts.sends(event))
  on(accountReceives, 'store', (event) => accounts.receives(event))
  on(userRemoved, 'forget', ({ user }) => accounts.forgets(user))
  on(domainRemoved, 'forget', ({ domain }) => accounts.forgetsDomain(domain))
  on(storageForecast, 'main', ({ stanza }) => (accounts.mayKeep(stanza) ? 'archive' : undefined))

  const view = (owner: Jid): ArchiveView => ({
    owner,
    mayRead: true,
    maySetPreferences: true,
    async narrow(address) {
      const remote = await archive.addresses.find(address.bareString)
      return remote === undefined ? 'nothing' : { remote, resource: address.resource || undefined }
    },
  })
  for (const ns of mamNamespaces) {
    for (const type of ['get', 'set'] as const) {
      for (const name of ['query', 'prefs']) {
        iq.account(type, ns, name, (request, session) => desk.answer(request, session, view(request.to.bare)))
      }
    }
  }
  iq.account('get', mamNs, 'metadata', (request, session) => desk.answer(request, session, view(request.to.bare)))

  for (const feature of [...featuresOf(settings), ...personalFeatures(archivesGroupchats)]) {
    onStop(host.features.account.add(feature))
    onStop(host.features.server.add(feature))
  }
  on(bind2Bound, 'main', async ({ session }) => metadataElement(await archive.ends(session.jid), mamNs))
  const imports = new ArchiveImport(archive, cap)
  on(exportsUser, 'main', ({ user }) => archivePart(archive, user))
  on(importsUser, 'main', (event) => imports.take(event))
  on(personalData, 'collect', async ({ user }) => ({ name: 'mam_pm', rows: await personalRows(archive, user) }))
  on(personalData, 'collect', async ({ user }) => {
    const wanted = await preferences.of(user)
    return wanted === noPreferences ? undefined : { name: 'mam_preferences', rows: [{ ...wanted }] }
  })
}

function capOf({ limitReached, log, onStop }: Context, archive: Archive, { most }: ArchiveSettings): ArchiveCap {
  const onFailure = (reason: unknown) => log.error({ what: 'mam_trimming_failed', reason })
  const cap = new ArchiveCap({ archive, most, limitReached, onFailure })
  onStop(() => cap.settled())
  return cap
}

/** The archives of rooms exist as far as the modules of rooms use them. */
function roomsOf(context: Context, { archive, preferences }: Shared, own: ArchiveSettings): RoomArchive {
  const { host, db, options, on, metrics, find } = context
  on(personalData, 'collect', async ({ user }) => {
    const rows: Record<string, unknown>[] = []
    for await (const entry of archive.writtenBy(user)) rows.push(roomRow(entry))
    return { name: 'mam_muc', rows }
  })
  return new RoomArchive({
    host,
    db: db.of<never>(),
    archive,
    cap: capOf(context, archive, own),
    preferences,
    settings: withStableIds(own, find),
    access: new ArchiveAccess(host, 'muc_mam_', context.limitReached),
    meters: makeMeters(metrics, 'muc'),
    rules: { chatMarkers: own.chatMarkers, groupchats: true },
    features: featuresOf(own),
    template: options.muc?.host ?? '',
    removeLimit: options.delete_domain_limit,
  })
}

/** Whether a message is part of an answer of an archive. */
function isResult(stanza: Stanza): boolean {
  return mamNamespaces.some((ns) => stanza.has('result', ns))
}

/** mod_stanzaid, where it runs, wants its ids to be seen whatever the archive is told. */
function withStableIds(own: ArchiveSettings, find: Context['find']): ArchiveSettings {
  return {
    ...own,
    get hasStanzaIds() {
      return own.hasStanzaIds || find(stanzaIdApi) !== undefined
    },
  }
}

/** What is in the archive of an account, as personal data. */
async function personalRows(archive: Archive, user: Jid): Promise<Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = []
  for await (const { id, bytes } of archive.all(user)) {
    const message = bytes.toString('utf8')
    rows.push({ id, from: /^<message [^>]*?from='([^']*)'/.exec(message)?.[1] ?? '', message })
  }
  return rows
}
