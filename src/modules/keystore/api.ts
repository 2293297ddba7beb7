import { moduleApi } from '../../module/api.ts'

/** A secret by its name. */
export interface Key {
  readonly secret: Buffer
  /** `ram`: made by this server or the first node of its cluster, and gone when all have stopped. */
  readonly type: 'file' | 'ram'
}

/** The keys of a host type. */
export interface KeystoreApi {
  /** Undefined for a name that is not configured. */
  get(name: string): Key | undefined
}
export const keystoreApi = moduleApi<KeystoreApi>('mod_keystore')
