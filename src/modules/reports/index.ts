import { z } from 'zod'
import { address } from '../../config/option.ts'
import { Jid } from '../../jid/jid.ts'
import { defineModule, tables } from '../../module/define.ts'
import { measured } from '../../observe/measured.ts'
import { domainRemoved, personalData, userRemoved } from '../../router/events.ts'
import { formatTimestamp } from '../../stanza/delay.ts'
import { type BlockReported, blockReported } from '../blocking/api.ts'
import { reportsApi } from './api.ts'
import { reportCommands } from './commands.ts'
import { forwarded, notice, type Report, readReport, reportingNs } from './report.ts'
import { migrations, ReportStore, type ReportTables } from './store.ts'

const live = { reload: 'live' } as const

export default defineModule({
  name: 'mod_reports',
  about: 'Takes reports of spam and abuse from users who block somebody, for administrators to see.',
  xeps: [{ xep: 377, version: '0.4.1' }],
  options: z.strictObject({
    notify: z.array(address()).default([]).describe('Addresses that get a message about each report.').meta(live),
    forward_to_origin: z
      .boolean()
      .default(false)
      .describe(
        'Pass reports on, without the name of who reported, to the server of the reported one, where the user agrees.',
      )
      .meta(live),
    forward_to: z
      .array(address())
      .default([])
      .describe('Addresses that reports are passed on to likewise, where the user agrees to third parties.')
      .meta(live),
    max_reports: z.int().positive().default(1000).describe('Most reports of one user that are kept.').meta(live),
    max_text: z.int().positive().default(4096).describe('Most characters of the words of a report.').meta(live),
    max_stanza_ids: z.int().positive().default(100).describe('Most messages that one report names.').meta(live),
  }),
  needs: ['mod_blocking'],
  features: [reportingNs],
  tables: tables<ReportTables>(),
  migrations,
  commands: reportCommands,
  setup({ db, on, options, provide, clock, log, metrics, router }) {
    const store = measured(metrics, 'mod_reports_backend', new ReportStore(db))
    const taken = metrics.counter('mod_reports_taken_count', 'Reports that were taken')
    provide(reportsApi, {
      list: (domain, query) => store.list(domain, query),
      remove: (domain, id) => store.remove(domain, id),
    })

    on(blockReported, 'main', async ({ account, blocked, item }: BlockReported) => {
      const report = readReport({ reporter: account, offender: blocked, item }, options)
      if (report === undefined) return
      const about = { jid: account.full, offender: blocked.full, reason: report.reason }
      if ((await store.countOf(account)) >= options.max_reports) {
        log.warn({ what: 'report_limit_reached', ...about })
        return
      }
      await store.add(report, clock.now())
      taken.inc()
      log.info({ what: 'report_taken', ...about })
      spread(report)
    })

    function spread(report: Report): void {
      const { reporter, offender, mayReach } = report
      const from = Jid.of('', reporter.domain)
      for (const admin of options.notify) router.post(notice(report, from, admin))
      const others = mayReach.thirdParties ? [...options.forward_to] : []
      // What is about our own users is here already.
      const isForeign = router.hostOf(router.ownerOf(offender.domain)) === undefined
      if (mayReach.origin && options.forward_to_origin && isForeign) others.push(Jid.of('', offender.domain))
      for (const other of others) router.post(forwarded(report, from, other))
    }

    on(userRemoved, 'forget', ({ user }) => store.forget(user))
    on(domainRemoved, 'forget', ({ domain }) => store.forgetDomain(domain))
    on(personalData, 'collect', async ({ user }) => {
      const reports = await store.of(user)
      const rows = reports.map(({ at, offender, reason, text, messages }) => ({
        ...{ timestamp: formatTimestamp(at), offender, reason, text },
        messages: messages.map(({ by, id }) => `${by} ${id}`).join(', '),
      }))
      return { name: 'reports', rows }
    })
  },
})
