import type { Jid } from '../jid/jid.ts'
import { sentByAdmin } from '../router/notes.ts'
import type { Stanza } from '../stanza/stanza.ts'
import { StanzaError } from '../stanza/stanza-error.ts'
import type { ModuleApi } from './api.ts'
import type { CommandCall } from './command.ts'
import { CommandError } from './command-error.ts'
import type { ModuleServices } from './module-commands.ts'

/** The interface of the module that serves this address, whichever domain it stands beside; undefined where none does. */
export function apiOfService<A extends { readonly services: readonly Jid[] }>(
  services: ModuleServices,
  api: ModuleApi<A>,
  service: string,
): A | undefined {
  for (const domain of services.domainsWith(api)) {
    const found = services.api(domain, api)
    if (found.services.some((jid) => jid.domain === service)) return found
  }
  return undefined
}

/** The domain of the service beside a domain, or of the service that it is itself; undefined where there is none. */
export function serviceBeside<
  A extends { readonly services: readonly Jid[]; serviceOf(domain: string): Jid | undefined },
>(services: ModuleServices, api: ModuleApi<A>, domain: string): string | undefined {
  if (apiOfService(services, api, domain) !== undefined) return domain
  if (!services.domainsWith(api).includes(domain)) return undefined
  return services.api(domain, api).serviceOf(domain)?.domain
}

/** A stanza that is sent by command, with a note where an admin gave that. */
export function givenBy({ user }: CommandCall, stanza: Stanza): Stanza {
  return user === undefined ? stanza.with(sentByAdmin, true) : stanza
}

/** Makes what a service refuses an error of the command; `names` has those that are called otherwise than their condition. */
export async function refusing<T>(act: () => Promise<T>, names: Readonly<Record<string, string>> = {}): Promise<T> {
  try {
    return await act()
  } catch (error) {
    if (!(error instanceof StanzaError)) throw error
    throw refusalAsCommand(error, names)
  }
}

function refusalAsCommand(cause: StanzaError, names: Readonly<Record<string, string>>): CommandError {
  const { condition, message } = cause
  return new CommandError(names[condition] ?? condition.replaceAll('-', '_'), message, {}, { cause })
}
