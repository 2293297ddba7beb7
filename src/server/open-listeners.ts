import { GuessLimit } from '../net/http-credentials.ts'
import type { Host } from '../router/host.ts'
import type { FederationSlot } from './federation-slot.ts'
import { hostTypeLabel } from './host-type-label.ts'
import { Listeners } from './listeners.ts'
import type { LiveConfig } from './live-config.ts'
import { loginGuard } from './login-guard.ts'
import type { ListenerParts } from './port.ts'
import type { RunningHosts } from './running-hosts.ts'
import { clientTraffic } from './traffic.ts'
import type { SharedTap } from './traffic-tap.ts'

/** What the ports of a server are opened with. */
export interface ListenersHome
  extends Pick<
    ListenerParts,
    'clock' | 'commands' | 'domainAdmins' | 'log' | 'metrics' | 'router' | 'decoyOf' | 'readiness' | 'folder'
  > {
  readonly modules: RunningHosts
  readonly live: LiveConfig
  readonly tap: SharedTap
  readonly hosts: () => readonly Host[]
  readonly federation: FederationSlot
}

/** Opens the configured ports, and connections with other servers where those are wanted. */
export async function openListeners({ live, tap, hosts, federation, ...rest }: ListenersHome): Promise<Listeners> {
  const { clock, metrics, router, modules } = rest
  await federation.openIfWanted()
  return Listeners.open({
    ...rest,
    runsModule: (name) => modules.runsModule(name),
    apiOf: (domain, api) => modules.api(domain, api),
    guard: loginGuard(live.current, clock),
    guesses: new GuessLimit(clock),
    get config() {
      return live.current
    },
    tap,
    traffic: clientTraffic(metrics, (domain) => hostTypeLabel(router, domain), tap),
    domains: () => hosts().flatMap(({ domains }) => [...domains]),
    federation: () => federation.open(),
  })
}
