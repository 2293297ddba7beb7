import type { FeatureStage } from '../protocol/c2s/rules.ts'
import { classicSasl } from '../protocol/sasl/classic-profile.ts'
import type { SaslProfile } from '../protocol/sasl/profile.ts'
import { streamFeatures } from '../router/events.ts'
import type { Host } from '../router/host.ts'
import { saslProfiles } from '../router/sign-in-events.ts'
import type { Element } from '../xml/element.ts'

/** What the modules of a host offer on its streams: asked for once, and again when modules have come or gone. */
export class StreamOffers {
  readonly #domain: string
  readonly #host: Host
  readonly #features = new Map<string, readonly Element[]>()
  #profiles: readonly SaslProfile[] | undefined
  #revision = -1

  constructor(domain: string, host: Host) {
    this.#domain = domain
    this.#host = host
  }

  get profiles(): readonly SaslProfile[] {
    this.#forgetOld()
    this.#profiles ??= [classicSasl, ...this.#host.hooks.gatherNow(saslProfiles, { host: this.#host })]
    return this.#profiles
  }

  features(stage: FeatureStage, isSecure: boolean): readonly Element[] {
    this.#forgetOld()
    const key = `${stage} ${isSecure}`
    const known = this.#features.get(key)
    if (known !== undefined) return known
    const state = stage === 'before-auth' ? 'beforeSignIn' : 'signedIn'
    const event = { domain: this.#domain, host: this.#host, state, isSecure } as const
    const gathered = this.#host.hooks.gatherNow(streamFeatures, event)
    this.#features.set(key, gathered)
    return gathered
  }

  #forgetOld(): void {
    const { hooks, iq, features } = this.#host
    const revision = hooks.revision + iq.revision + features.server.revision
    if (revision === this.#revision) return
    this.#revision = revision
    this.#features.clear()
    this.#profiles = undefined
  }
}
