import type { Client } from './client.ts'
import type { Cast, User } from './story.ts'

/** Sends a subscription presence from a client of one user to another user. */
export function sendSubscription(client: Client, type: string, to: User): void {
  client.sends(`<presence type='${type}' to='${to.jid}'/>`)
}

/**
 * Makes two users each other's contacts, or with `to` only lets the first see the second; then all clients used for it are gone.
 */
export async function befriend(cast: Cast, first: User, second: User, how: 'both' | 'to' = 'both'): Promise<void> {
  const one = await first.client(undefined, { roster: true })
  const two = await second.client(undefined, { roster: true })
  sendSubscription(one, 'subscribe', second)
  await two.finds(`<presence type='subscribe' from='${first.jid}'>{any}</presence>`)
  sendSubscription(two, 'subscribed', first)
  await one.finds(`<presence type='subscribed' from='${second.jid}'>{any}</presence>`)
  if (how === 'both') {
    sendSubscription(two, 'subscribe', first)
    await one.finds(`<presence type='subscribe' from='${second.jid}'>{any}</presence>`)
    sendSubscription(one, 'subscribed', second)
    await two.finds(`<presence type='subscribed' from='${first.jid}'>{any}</presence>`)
  }
  await cast.settle()
  await one.leaves()
  await two.leaves()
}
