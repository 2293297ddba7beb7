import type { Stanza } from '../stanza/stanza.ts'

/** Why a component serves its domain no longer: another connection of the same name came, or a host or a module has the domain. */
export type Displacement = 'replaced' | 'taken'

/** What serves a domain from outside of the server, over a connection of its own (XEP-0114). */
export interface Component {
  /** The domain that it serves; prepared. */
  readonly name: string
  /** Whether it serves `NAME.DOMAIN` beside every hosted domain too, whenever that came. */
  readonly isPrefix: boolean
  /** Whether it may be left out of the list of services. */
  readonly isHidden: boolean
  /** Takes a stanza for any address of its domains. Never throws. */
  receive(stanza: Stanza): undefined
  /** Its domains are gone from the router. */
  displaced(why: Displacement): void
}

/** Components by the domains that they serve. Who else serves a domain is not looked at here. */
export class ComponentTable {
  readonly #byName = new Map<string, Component>()
  readonly #isHosted: (domain: string) => boolean
  #prefixes = 0

  constructor(isHosted: (domain: string) => boolean) {
    this.#isHosted = isHosted
  }

  find(domain: string): Component | undefined {
    const own = this.#byName.get(domain)
    return own !== undefined || this.#prefixes === 0 ? own : this.#findPrefix(domain)
  }

  /** The one of exactly this name. */
  named(name: string): Component | undefined {
    return this.#byName.get(name)
  }

  all(): Iterable<Component> {
    return this.#byName.values()
  }

  /** Its name must be free. */
  add(component: Component): void {
    this.#byName.set(component.name, component)
    if (component.isPrefix) this.#prefixes++
  }

  remove(component: Component): void {
    if (this.#byName.get(component.name) !== component) return
    this.#byName.delete(component.name)
    if (component.isPrefix) this.#prefixes--
  }

  #findPrefix(domain: string): Component | undefined {
    for (let dot = domain.indexOf('.'); dot >= 0; dot = domain.indexOf('.', dot + 1)) {
      const component = this.#byName.get(domain.slice(0, dot))
      if (component?.isPrefix === true && this.#isHosted(domain.slice(dot + 1))) return component
    }
    return undefined
  }
}
