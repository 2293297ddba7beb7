import type { CommandRegistry } from '../../module/command.ts'
import { type CommandDescription, describeCommand } from '../../module/command-input.ts'
import { accountCommands } from './account.ts'
import { domainCommands } from './domain.ts'
import { serverCommands } from './server.ts'
import type { AccountServices, DomainServices, ServerServices, SessionServices } from './services.ts'
import { sessionCommands } from './session.ts'

/** Puts the commands that every running server has into its registry. */
export function registerCoreCommands(
  registry: CommandRegistry,
  services: { account: AccountServices; domain: DomainServices; session: SessionServices; server: ServerServices },
): void {
  registry.register('admin', accountCommands, services.account)
  registry.register('admin', domainCommands, services.domain)
  registry.register('admin', sessionCommands, services.session)
  registry.register('admin', serverCommands, services.server)
}

/** The commands that every server has, as help shows them. */
export function coreCommandDescriptions(): CommandDescription[] {
  return [
    ...accountCommands.map((entry) => describeCommand(entry)),
    ...domainCommands.map((entry) => describeCommand(entry)),
    ...sessionCommands.map((entry) => describeCommand(entry)),
    ...serverCommands.map((entry) => describeCommand(entry)),
  ].sort((a, b) => (a.name < b.name ? -1 : 1))
}
