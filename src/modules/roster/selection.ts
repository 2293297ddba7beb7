import type { Jid } from '../../jid/jid.ts'
import { CommandError } from '../../module/command-error.ts'
import type { RosterItem } from './roster.ts'
import { subscriptionName } from './subscription.ts'

/** Which contacts of which users a command is about, in the words of MongooseIM 4: `any`, or choices with `:` between them. */
export interface SelectionWords {
  readonly subscriptions: string
  readonly asks: string
  readonly users: string
  readonly contacts: string
}

/** Tells whether an item of a user's roster is meant. */
export type Selection = (user: Jid, item: RosterItem) => boolean

/** What the words select. Throws CommandError. */
export function selectionOf({ subscriptions, asks, users, contacts }: SelectionWords): Selection {
  const isSubscription = choice(subscriptions, ['none', 'to', 'from', 'both'])
  const isAsk = choice(asks, ['none', 'in', 'out'])
  const [isUser, isContact] = [addresses(users), addresses(contacts)]
  return (user, item) =>
    isSubscription([subscriptionName(item.state)]) && isAsk(asksOf(item)) && isUser(user) && isContact(item.jid)
}

/** What is asked by whom: both may have asked. */
export function asksOf({ state: { pendingIn, pendingOut } }: RosterItem): string[] {
  const asks = [...(pendingOut ? ['out'] : []), ...(pendingIn ? ['in'] : [])]
  return asks.length === 0 ? ['none'] : asks
}

function choice(words: string, known: readonly string[]): (found: readonly string[]) => boolean {
  if (words === 'any') return () => true
  const wanted = words.split(':')
  const strange = wanted.find((word) => !known.includes(word))
  if (strange === undefined) return (found) => found.some((each) => wanted.includes(each))
  throw new CommandError('bad_parameter', `"${strange}" is not among ${known.join(', ')}, and not any`)
}

/** `*` stands for any text, `?` for one character; what has no `@` is about addresses without a local part. */
function addresses(words: string): (jid: Jid) => boolean {
  if (words === 'any') return () => true
  const globs = words.split(':').map((word) => {
    const at = word.indexOf('@')
    return { hasLocal: at >= 0, local: glob(word.slice(0, Math.max(at, 0))), domain: glob(word.slice(at + 1)) }
  })
  return ({ local, domain }) =>
    globs.some((each) => each.hasLocal === (local !== '') && each.local.test(local) && each.domain.test(domain))
}

/** No two stars beside each other: whatever is tried is tried once for each star at most. */
function glob(text: string): RegExp {
  const escaped = text.replaceAll(/[\\^$+.()|[\]{}]/g, '\\$&')
  return new RegExp(`^${escaped.replaceAll(/\*+/g, '.*').replaceAll('?', '.')}$`, 'su')
}
