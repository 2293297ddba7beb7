import { KeyDeriver } from '../../auth/key-deriver.ts'
import { hashNames } from '../../auth/offered-mechanisms.ts'
import { serverSecret } from '../../auth/secrets.ts'
import type { Config } from '../../config/schema.ts'
import type { ScramHash } from '../../protocol/scram/keys.ts'
import type { Database } from '../../storage/database.ts'
import { DomainAdmins } from './domain-admins.ts'
import { DomainDesk } from './domain-desk.ts'
import { DomainDirectory, type DomainDirectoryParts } from './domain-directory.ts'
import { DomainStore } from './domain-store.ts'

/** What the domains of a server are opened with. */
export interface DomainParts extends Pick<DomainDirectoryParts, 'router' | 'clock' | 'log' | 'hosts'> {
  readonly config: Config
  readonly db: Database
}

/** The domains of a server, those that come and go included. */
export interface OpenDomains {
  readonly desk: DomainDesk
  close(): Promise<void>
}

/** Loads the dynamic domains where the configuration has any, and serves those that are enabled. */
export async function openDomains({ config, db, ...parts }: DomainParts): Promise<OpenDomains> {
  const { hosts: staticDomains, host_types: hostTypes } = config.general
  const service = config.services.service_domain_db
  if (service === undefined) return { desk: new DomainDesk({ staticDomains, hostTypes }), close: async () => {} }
  const store = await DomainStore.open(db, () => parts.clock.now())
  const { driver = 'sqlite' } = config.outgoing_pools.rdbms['default']?.connection ?? {}
  const directory = await DomainDirectory.open({
    ...parts,
    store,
    hostTypes,
    isShared: driver !== 'sqlite',
    cleaningInterval: service.event_cleaning_interval * 1000,
    maxAge: service.event_max_age * 1000,
  })
  const { hash, scram_iterations: iterations } = config.auth.password
  const admins = new DomainAdmins(store, {
    hashes: hash.map((name) => hashNames[name] as ScramHash),
    iterations,
    secret: await serverSecret(db, 'scram_decoy'),
    deriver: new KeyDeriver(),
  })
  const desk = new DomainDesk({ staticDomains, hostTypes, dynamic: { directory, admins } })
  return { desk, close: () => directory.close() }
}
