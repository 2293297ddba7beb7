import type { Accounts } from '../auth/accounts.ts'
import { offeredMechanisms } from '../auth/offered-mechanisms.ts'
import type { StreamHost } from '../protocol/c2s/rules.ts'
import type { Decoy } from '../protocol/scram/keys.ts'
import type { Host } from '../router/host.ts'
import type { Router } from '../router/router.ts'
import { StreamOffers } from './stream-offers.ts'

export interface StreamHostParts {
  readonly router: Router
  decoyOf(hostType: string): Decoy
}

export interface StreamHostOptions {
  /** PLAIN waits for TLS where the port has it. */
  readonly plainOnlyOverTls: boolean
  /** Authentication methods that may be used on this port; all unless given. */
  readonly authMethods?: readonly string[] | undefined
}

interface Known {
  /** Whose domain it was when this was made. */
  readonly of: Host
  readonly host: StreamHost
  readonly accounts: Accounts
}

/** What negotiation is told of the hosted domains. Made once for each domain and port, as long as it is hosted. */
export class StreamHosts {
  readonly #parts: StreamHostParts
  readonly #options: StreamHostOptions
  readonly #known = new Map<string, Known>()

  constructor(parts: StreamHostParts, options: StreamHostOptions) {
    this.#parts = parts
    this.#options = options
  }

  /** The hosted domain of a prepared name. */
  find(domain: string): StreamHost | undefined {
    return this.#find(domain)?.host
  }

  /** The accounts that may sign in to a domain here. */
  accountsOf(domain: string): Accounts | undefined {
    return this.#find(domain)?.accounts
  }

  #find(domain: string): Known | undefined {
    const known = this.#known.get(domain)
    const host = this.#parts.router.hostOf(domain)
    if (host !== undefined && known?.of === host) return known
    this.#known.delete(domain)
    if (host === undefined) return undefined
    const { methods } = host.config.auth
    const allowed = this.#options.authMethods?.filter((name) => methods.some((method) => method === name))
    const accounts = allowed === undefined ? host.accounts : host.accounts.only(allowed)
    const made = { of: host, accounts, host: this.#make(domain, host, accounts) }
    this.#known.set(domain, made)
    return made
  }

  #make(domain: string, host: Host, accounts: Accounts): StreamHost {
    const { sasl_mechanisms: names, sasl_external: rules, sasl_external_common_name: commonName } = host.config.auth
    const options = { ...this.#options, external: { rules, ...commonName } }
    const offers = new StreamOffers(domain, host, (more) =>
      offeredMechanisms(names, accounts, {
        ...options,
        more: new Map(more.map(({ name, make }) => [name, make({ onlyOverTls: options.plainOnlyOverTls })])),
      }),
    )
    return {
      domain,
      get profiles() {
        return offers.profiles
      },
      get mechanisms() {
        return offers.mechanisms
      },
      decoy: this.#parts.decoyOf(host.type),
      provesOffer: true,
      get idleSeconds() {
        return offers.idleSeconds
      },
      features: (stage, { isSecure }) => offers.features(stage, isSecure),
    }
  }
}
