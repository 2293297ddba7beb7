import type { Accounts } from '../auth/accounts.ts'
import { offeredMechanisms } from '../auth/offered-mechanisms.ts'
import type { Config } from '../config/schema.ts'
import type { StreamHost } from '../protocol/c2s/rules.ts'
import type { Decoy } from '../protocol/scram/keys.ts'
import { streamFeatures } from '../router/events.ts'
import type { Host } from '../router/host.ts'
import type { Router } from '../router/router.ts'

export interface StreamHostParts {
  readonly config: Config
  readonly router: Router
  readonly accounts: Accounts
  readonly decoy: Decoy
}

/** What negotiation is told of the hosted domains. Made once for each domain and kind of port. */
export class StreamHosts {
  readonly #parts: StreamHostParts
  readonly #plainOnlyOverTls: boolean
  readonly #known = new Map<string, StreamHost>()

  /** `plainOnlyOverTls`: PLAIN waits for TLS where the port has it. */
  constructor(parts: StreamHostParts, plainOnlyOverTls: boolean) {
    this.#parts = parts
    this.#plainOnlyOverTls = plainOnlyOverTls
  }

  /** The hosted domain of a prepared name. */
  find(domain: string): StreamHost | undefined {
    const known = this.#known.get(domain)
    if (known !== undefined) return known
    const host = this.#parts.router.hostOf(domain)
    if (host === undefined) return undefined
    const made = this.#make(domain, host)
    this.#known.set(domain, made)
    return made
  }

  #make(domain: string, host: Host): StreamHost {
    const { config, accounts, decoy } = this.#parts
    const { sasl_external: rules, sasl_external_common_name: commonName } = config.auth
    const options = { plainOnlyOverTls: this.#plainOnlyOverTls, external: { rules, ...commonName } }
    return {
      domain,
      mechanisms: offeredMechanisms(config.auth.sasl_mechanisms, accounts, options),
      decoy,
      provesOffer: true,
      features: (stage, { isSecure }) =>
        host.hooks.gatherNow(streamFeatures, {
          domain,
          host,
          state: stage === 'before-auth' ? 'beforeSignIn' : 'signedIn',
          isSecure,
        }),
    }
  }
}
