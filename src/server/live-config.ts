import { configFor } from '../config/host-config.ts'
import type { Config } from '../config/schema.ts'

/** The configuration as it is now; a reload replaces it. Who keeps this object reads what holds at the moment. */
export class LiveConfig {
  #current: Config
  #byHost = new Map<string, Config>()

  constructor(config: Config) {
    this.#current = config
  }

  get current(): Config {
    return this.#current
  }

  /** With what `host_config` says of a host type. */
  of(hostType: string): Config {
    const known = this.#byHost.get(hostType)
    if (known !== undefined) return known
    const made = configFor(this.#current, hostType)
    this.#byHost.set(hostType, made)
    return made
  }

  replace(config: Config): void {
    this.#current = config
    this.#byHost = new Map()
  }
}
