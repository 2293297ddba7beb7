import { Jid } from '../../jid/jid.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import type { Eventually } from '../../util/settled.ts'
import { type Element, el } from '../../xml/element.ts'

const defaults = ['always', 'never', 'roster'] as const
type Default = (typeof defaults)[number]

/** Most addresses that somebody may list. */
const mostListed = 1000

/** What the owner of an archive wants to have in it (XEP-0441). */
export interface Preferences {
  readonly default: Default
  readonly always: readonly string[]
  readonly never: readonly string[]
}

/** Everything is archived. */
export const noPreferences: Preferences = { default: 'always', always: [], never: [] }

/** Reads `<prefs/>`. What is no address is passed over. Throws `bad-request` for another default than those that there are. */
export function readPreferences(prefs: Element): Preferences {
  const text = prefs.attr('default')
  const chosen = defaults.find((name) => name === text)
  if (chosen === undefined) throw new StanzaError('bad-request', { text: 'No such default' })
  const [always, never] = [listed(prefs, 'always'), listed(prefs, 'never')]
  if (always.length + never.length > mostListed) {
    throw new StanzaError('resource-constraint', { type: 'modify', text: 'Too many addresses' })
  }
  return { default: chosen, always, never }
}

function listed(prefs: Element, name: string): string[] {
  const addresses = prefs.child(name)?.childrenNamed('jid') ?? []
  const jids = addresses.map((element) => Jid.tryParse(element.text().trim().toLowerCase()))
  return [...new Set(jids.flatMap((jid) => (jid === undefined ? [] : [jid.full])))]
}

/** Writes `<prefs/>`. */
export function preferencesElement(preferences: Preferences, ns: string): Element {
  const list = (name: 'always' | 'never') =>
    el(
      name,
      ns,
      preferences[name].map((jid) => el('jid', ns, jid)),
    )
  return el('prefs', ns, { default: preferences.default }, list('always'), list('never'))
}

/** Whether a message from or to this address is wanted: by the rule for the address, for its account, or by default. */
export function isWanted(
  preferences: Preferences,
  remote: Jid,
  isContact: () => Eventually<boolean>,
): Eventually<boolean> {
  for (const address of [remote.full, remote.bareString]) {
    if (preferences.always.includes(address)) return true
    if (preferences.never.includes(address)) return false
  }
  return preferences.default === 'roster' ? isContact() : preferences.default === 'always'
}
