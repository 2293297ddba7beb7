import type { Router } from '../router/router.ts'

/**
 * The host type of a domain, as metrics have it: there are few of them, however many domains come and go. Whoever names a
 * domain that is not hosted here makes no label of its own.
 */
export function hostTypeLabel(router: Pick<Router, 'hostOf'>, domain: string | undefined): string {
  return (domain === undefined ? undefined : router.hostOf(domain))?.type ?? 'unknown'
}
