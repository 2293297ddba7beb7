import type { FeatureStage } from '../protocol/c2s/rules.ts'
import { classicSasl } from '../protocol/sasl/classic-profile.ts'
import type { SaslMechanism } from '../protocol/sasl/mechanism.ts'
import type { SaslProfile } from '../protocol/sasl/profile.ts'
import { idleLimits, streamFeatures } from '../router/events.ts'
import type { Host } from '../router/host.ts'
import { type ModuleMechanism, saslMechanisms, saslProfiles } from '../router/sign-in-events.ts'
import type { Element } from '../xml/element.ts'

/** What the modules of a host offer on its streams: asked for once, and again when modules have come or gone. */
export class StreamOffers {
  readonly #domain: string
  readonly #host: Host
  readonly #features = new Map<string, readonly Element[]>()
  readonly #offer: (more: readonly ModuleMechanism[]) => readonly SaslMechanism[]
  #mechanisms: readonly SaslMechanism[] | undefined
  #profiles: readonly SaslProfile[] | undefined
  #idle: readonly number[] | undefined
  #revision = -1

  /** `offer`: the mechanisms of the accounts, with those of modules in their places. */
  constructor(domain: string, host: Host, offer: (more: readonly ModuleMechanism[]) => readonly SaslMechanism[]) {
    this.#domain = domain
    this.#host = host
    this.#offer = offer
  }

  get mechanisms(): readonly SaslMechanism[] {
    this.#forgetOld()
    this.#mechanisms ??= this.#offer(this.#host.hooks.gatherNow(saslMechanisms, { host: this.#host }))
    return this.#mechanisms
  }

  get profiles(): readonly SaslProfile[] {
    this.#forgetOld()
    this.#profiles ??= [classicSasl, ...this.#host.hooks.gatherNow(saslProfiles, { host: this.#host })]
    return this.#profiles
  }

  /** The shortest time after which a module looks after a silent client. */
  get idleSeconds(): number | undefined {
    this.#forgetOld()
    this.#idle ??= this.#host.hooks.gatherNow(idleLimits, { host: this.#host })
    return this.#idle.length === 0 ? undefined : Math.min(...this.#idle)
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
    this.#mechanisms = undefined
    this.#profiles = undefined
    this.#idle = undefined
  }
}
