import { moduleApi } from '../../module/api.ts'
import type { ToldService } from './services.ts'

/** What commands may ask of external services. */
export interface ExtdiscoApi {
  /** The services, or those of a type, with credentials made out to `name`. */
  services(name: string, type: string | undefined): readonly ToldService[]
}
export const extdiscoApi = moduleApi<ExtdiscoApi>('mod_extdisco')
