import { type Element, el } from '../../xml/element.ts'

export const registerNs = 'jabber:iq:register'

/** What a client is asked for (XEP-0077 §3.1); `username` of somebody who is signed in. */
export function form(username: string | undefined): Element {
  return el(
    'query',
    registerNs,
    username === undefined ? undefined : el('registered', registerNs),
    el('instructions', registerNs, 'Choose a username and password to register with this server'),
    el('username', registerNs, username),
    el('password', registerNs),
  )
}

/** Whether a query asks for the removal of an account. */
export function isRemoval(query: Element): boolean {
  return query.elements().length === 1 && query.child('remove') !== undefined
}

/** Whether a query names a user and a password, and nothing that contradicts them. */
export function isComplete(query: Element): boolean {
  const has = (name: string) => query.child(name) !== undefined
  return has('username') && has('password') && !has('remove')
}
