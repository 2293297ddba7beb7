import { moduleApi } from '../../module/api.ts'
import type { ProxyRequest } from '../../net/proxy-request.ts'
import type { Upstream } from '../../net/reverse-proxy.ts'

/** What HTTP listeners ask. */
export interface RevproxyApi {
  /** Where the first rule that fits sends a request; undefined where none does. */
  find(request: ProxyRequest): Upstream | undefined
}

export const revproxyApi = moduleApi<RevproxyApi>('mod_revproxy')
