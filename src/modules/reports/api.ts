import { moduleApi } from '../../module/api.ts'
import type { ReportedMessage } from './report.ts'

/** A report as it is kept. */
export interface StoredReport {
  readonly id: number
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly reporter: string
  readonly offender: string
  readonly reason: string
  readonly text: string
  readonly messages: readonly ReportedMessage[]
}

/** Which reports. */
export interface ReportQuery {
  readonly offender?: string | undefined
  /** Those younger than the one with this id. */
  readonly after: number
  readonly limit: number
}

/** Reports of the users of a host. */
export interface ReportsApi {
  /** Of the users of a domain, oldest first. */
  list(domain: string, query: ReportQuery): Promise<StoredReport[]>
  /** False when there was none with this id. */
  remove(domain: string, id: number): Promise<boolean>
}
export const reportsApi = moduleApi<ReportsApi>('mod_reports')
