import { StanzaError } from '../../../stanza/stanza-error.ts'
import type { Affiliation } from './node.ts'
import type { NodeConfig } from './node-config.ts'
import { pubsubError } from './pubsub-error.ts'

/** How somebody stands to a node and to its owner. */
export interface Standing {
  readonly affiliation: Affiliation
  readonly isSubscribed: boolean
  readonly isPending: boolean
  /** Whether the owner shows presence to them. */
  readonly hasPresence: boolean
  /** In which groups of the owner's roster they are. */
  readonly groups: readonly string[]
}

type AccessConfig = Pick<NodeConfig, 'access_model' | 'roster_groups_allowed'>

const trusted: ReadonlySet<Affiliation> = new Set(['owner', 'publisher', 'member'])

/** Why somebody may not get at a node by its access model (XEP-0060 §4.5), undefined when they may. */
function modelFault(
  { access_model, roster_groups_allowed }: AccessConfig,
  standing: Standing,
): StanzaError | undefined {
  switch (access_model) {
    case 'open':
    case 'authorize':
      return undefined
    case 'presence':
      return standing.hasPresence ? undefined : pubsubError('not-authorized', 'presence-subscription-required')
    case 'roster': {
      const isInGroup = standing.groups.some((group) => roster_groups_allowed.includes(group))
      return isInGroup && standing.hasPresence ? undefined : pubsubError('not-authorized', 'not-in-roster-group')
    }
    case 'whitelist':
      return trusted.has(standing.affiliation) ? undefined : pubsubError('not-allowed', 'closed-node')
  }
}

function isBarred({ affiliation }: Standing): boolean {
  return affiliation === 'outcast' || affiliation === 'publish-only'
}

/** Throws for who may not subscribe; tells whether the owner has to agree first (XEP-0060 §6.1). */
export function subscribing(config: AccessConfig, standing: Standing): 'subscribed' | 'pending' {
  if (isBarred(standing)) throw new StanzaError('forbidden')
  if (standing.affiliation === 'owner') return 'subscribed'
  if (standing.isPending) throw pubsubError('not-authorized', 'pending-subscription')
  const fault = modelFault(config, standing)
  if (fault !== undefined) throw fault
  return config.access_model === 'authorize' && !standing.isSubscribed ? 'pending' : 'subscribed'
}

/** Whether a subscription goes on under an access model, once there is one (XEP-0060 §13.14). */
export function keepsSubscription(config: AccessConfig, standing: Standing): boolean {
  if (isBarred(standing)) return false
  return standing.affiliation === 'owner' || modelFault(config, standing) === undefined
}

/** Why somebody may not have the items of a node (XEP-0060 §6.5), undefined when they may. */
export function readingFault(config: AccessConfig, standing: Standing): StanzaError | undefined {
  if (isBarred(standing)) return new StanzaError('forbidden')
  if (standing.affiliation === 'owner') return undefined
  if (config.access_model === 'authorize') return standing.isSubscribed ? undefined : new StanzaError('forbidden')
  return modelFault(config, standing)
}

/** XEP-0060 §7.1.3. */
export function mayPublish({ publish_model }: Pick<NodeConfig, 'publish_model'>, standing: Standing): boolean {
  switch (standing.affiliation) {
    case 'owner':
    case 'publisher':
    case 'publish-only':
      return true
    case 'outcast':
      return false
    default:
      return publish_model === 'open' || (publish_model === 'subscribers' && standing.isSubscribed)
  }
}

/** Whether somebody may take back an item: owners any, others what they have published themselves. */
export function mayRetract({ affiliation }: Standing, isOwnItem: boolean): boolean {
  return affiliation === 'owner' || (isOwnItem && affiliation !== 'outcast')
}
