import type { DomainRecord, DomainServices } from '../../admin/commands/services.ts'
import { UnusablePassword } from '../../auth/method.ts'
import { CommandError } from '../../module/command-error.ts'
import type { DomainAdmins } from './domain-admins.ts'
import type { DomainDirectory } from './domain-directory.ts'
import type { StoredDomain } from './domain-store.ts'

/** What the commands for domains work on. */
export interface DomainDeskParts {
  /** The hosts that the configuration names, each a host type of its own. */
  readonly staticDomains: readonly string[]
  readonly hostTypes: readonly string[]
  /** Absent without `services.service_domain_db`. */
  readonly dynamic?: { readonly directory: DomainDirectory; readonly admins: DomainAdmins } | undefined
}

/** Domains as commands see them: those of the configuration and those that come and go. */
export class DomainDesk implements DomainServices {
  readonly #parts: DomainDeskParts

  constructor(parts: DomainDeskParts) {
    this.#parts = parts
  }

  /** Who administers single domains; absent without `services.service_domain_db`. */
  get admins(): DomainAdmins | undefined {
    return this.#parts.dynamic?.admins
  }

  async add(domain: string, hostType: string): Promise<DomainRecord> {
    return record(await this.#directoryFor(domain).add(domain, hostType))
  }

  async remove(domain: string, hostType: string): Promise<DomainRecord> {
    await this.#directoryFor(domain).remove(domain, hostType)
    return { domain, hostType, status: 'DELETED', type: 'DYNAMIC' }
  }

  async requestRemoval(domain: string, hostType: string): Promise<DomainRecord> {
    await this.#directoryFor(domain).requestRemoval(domain, hostType)
    return { domain, hostType, status: 'DELETING', type: 'DYNAMIC' }
  }

  async setEnabled(domain: string, isEnabled: boolean): Promise<DomainRecord> {
    return record(await this.#directoryFor(domain).setEnabled(domain, isEnabled))
  }

  async find(domain: string): Promise<DomainRecord | undefined> {
    if (this.#parts.staticDomains.includes(domain)) return staticRecord(domain)
    const stored = await this.#parts.dynamic?.directory.find(domain)
    return stored === undefined ? undefined : record(stored)
  }

  async all(): Promise<DomainRecord[]> {
    const stored = (await this.#parts.dynamic?.directory.all()) ?? []
    return [...this.#parts.staticDomains.map(staticRecord), ...stored.map(record)]
  }

  async ofHostType(hostType: string): Promise<string[]> {
    const { staticDomains, hostTypes } = this.#parts
    if (!staticDomains.includes(hostType) && !hostTypes.includes(hostType)) {
      throw new CommandError('unknown_host_type', 'Unknown host type', { hostType })
    }
    const all = await this.all()
    return all.filter((each) => each.hostType === hostType && each.status === 'ENABLED').map(({ domain }) => domain)
  }

  async setPassword(domain: string, password: string): Promise<void> {
    const { admins } = this.#dynamic()
    if ((await this.find(domain)) === undefined) throw notFound(domain)
    try {
      await admins.setPassword(domain, password)
    } catch (error) {
      throw error instanceof UnusablePassword ? unusable(domain, error) : error
    }
  }

  removePassword(domain: string): Promise<boolean> {
    return this.#dynamic().admins.removePassword(domain)
  }

  #directoryFor(domain: string): DomainDirectory {
    const { directory } = this.#dynamic()
    if (!this.#parts.staticDomains.includes(domain)) return directory
    throw new CommandError('static', 'Domain is static', { domain })
  }

  #dynamic() {
    const { dynamic } = this.#parts
    if (dynamic !== undefined) return dynamic
    throw new CommandError('deps_not_loaded', 'Some of the required services are not loaded: service_domain_db')
  }
}

const statuses = { enabled: 'ENABLED', disabled: 'DISABLED', deleting: 'DELETING' } as const

function record({ domain, hostType, status }: StoredDomain): DomainRecord {
  return { domain, hostType, status: statuses[status], type: 'DYNAMIC' }
}

function staticRecord(domain: string): DomainRecord {
  return { domain, hostType: domain, status: 'ENABLED', type: 'STATIC' }
}

function unusable(domain: string, cause: unknown): CommandError {
  return new CommandError('bad_parameter', 'This password cannot be used', { domain }, { cause })
}

function notFound(domain: string): CommandError {
  return new CommandError('not_found', 'Given domain does not exist', { domain })
}
