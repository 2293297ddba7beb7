import type { Jid } from '../../jid/jid.ts'
import type { Roster } from '../roster/api.ts'
import { tellSubscriber } from './approval.ts'
import type { PubsubNode, Subscription } from './core/node.ts'
import { keepsSubscription } from './core/rights.ts'
import type { Engine } from './engine.ts'
import { relationIn, standingOf } from './world.ts'

/**
 * Subscriptions of those whom the access model lets in no longer (XEP-0060 §13.14): of everybody, or of one account. `roster`: of
 * the owner.
 */
export function withoutAccess(node: PubsubNode, roster: Roster | undefined, account?: Jid): Subscription[] {
  const asked = account === undefined ? [...node.subscriptions.values()] : node.subscriptionsOf(account)
  return asked.filter(({ jid }) => !keepsSubscription(node.config, standingOf(node, jid, relationIn(roster, jid))))
}

/** Ends subscriptions, within the job of their node. */
export async function endSubscriptions(
  { store }: Engine,
  node: PubsubNode,
  ended: readonly Subscription[],
): Promise<void> {
  const subids = ended.map(({ subid }) => subid)
  await store.unsubscribe(node.id, subids)
  for (const { jid } of ended) node.unsubscribe(jid)
}

/** Tells those whose subscriptions have ended. */
export function tellEnded(engine: Engine, node: PubsubNode, ended: readonly Subscription[]): void {
  for (const { jid } of ended) tellSubscriber(engine, node, jid)
}
