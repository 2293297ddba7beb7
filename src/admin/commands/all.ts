import type { Command, CommandRegistry } from '../../module/command.ts'
import { type CommandDescription, describeCommand } from '../../module/command-input.ts'
import { accountCommands } from './account.ts'
import { type ClusterServices, clusterCommands } from './cluster.ts'
import { type DataServices, dataCommands } from './data.ts'
import { domainCommands } from './domain.ts'
import { gdprCommands, type PersonalDataServices } from './gdpr.ts'
import { type InspectionServices, inspectionCommands } from './inspection.ts'
import { type MetricServices, metricCommands } from './metric.ts'
import { mnesiaCommands, type StoreServices } from './mnesia.ts'
import { serverCommands } from './server.ts'
import type { AccountServices, DomainServices, ServerServices, SessionServices } from './services.ts'
import { sessionCommands } from './session.ts'
import { type StanzaServices, stanzaCommands } from './stanza.ts'
import { type StatServices, statCommands } from './stat.ts'
import { userStatusCommands } from './user-status.ts'

/** What the commands of every server work on. */
export interface CoreServices {
  readonly account: AccountServices
  readonly domain: DomainServices
  readonly session: SessionServices
  readonly server: ServerServices
  readonly cluster: ClusterServices
  readonly data: DataServices
  readonly store: StoreServices
  readonly gdpr: PersonalDataServices
  readonly inspection: InspectionServices
  readonly metric: MetricServices
  readonly stanza: StanzaServices
  readonly stat: StatServices
}

/** Puts the commands that every running server has into its registry. */
export function registerCoreCommands(registry: CommandRegistry, services: CoreServices): void {
  registry.register('admin', accountCommands, services.account)
  registry.register('admin', domainCommands, services.domain)
  registry.register('admin', [...sessionCommands, ...userStatusCommands], services.session)
  registry.register('admin', serverCommands, services.server)
  registry.register('admin', clusterCommands, services.cluster)
  registry.register('admin', dataCommands, services.data)
  registry.register('admin', mnesiaCommands, services.store)
  registry.register('admin', gdprCommands, services.gdpr)
  registry.register('admin', inspectionCommands, services.inspection)
  registry.register('admin', metricCommands, services.metric)
  registry.register('admin', stanzaCommands, services.stanza)
  registry.register('admin', statCommands, services.stat)
}

const lists = [
  accountCommands,
  domainCommands,
  sessionCommands,
  userStatusCommands,
  serverCommands,
  clusterCommands,
  dataCommands,
  mnesiaCommands,
  gdprCommands,
  inspectionCommands,
  metricCommands,
  stanzaCommands,
  statCommands,
]

/** The commands that every server has. */
export const coreCommands: readonly Command<never>[] = lists.flat()

/** The commands that every server has, as help shows them. */
export function coreCommandDescriptions(): CommandDescription[] {
  return coreCommands.map((entry) => describeCommand(entry)).sort((a, b) => (a.name < b.name ? -1 : 1))
}
