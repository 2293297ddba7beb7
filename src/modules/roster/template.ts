import { Jid } from '../../jid/jid.ts'
import { CommandError } from '../../module/command-error.ts'

/** Somebody who is to be put into rosters. */
export interface TemplateContact {
  readonly jid: Jid
  readonly name: string
  readonly groups: readonly string[]
}

/**
 * Reads a list of contacts: JSON as commands take it (`[{"jid": "bob@example.org", "name": "Bob", "groups": ["Friends"]}]`), or
 * Erlang terms as MongooseIM 4 takes them (`[{<<"bob">>, <<"example.org">>, <<"Friends">>, <<"Bob">>}].`: user, domain, group, name).
 * Throws CommandError.
 */
export function readTemplate(text: string): TemplateContact[] {
  const entries = /^\s*\[\s*(?:\{\s*"jid"|\{\s*"name"|\{\s*"groups"|\]\s*$)/.test(text)
    ? fromJson(text)
    : fromTerms(text)
  return entries.map(({ jid: address, name, groups }) => {
    const jid = Jid.tryParse(address)
    if (jid === undefined || jid.local === '' || jid.isFull) throw unreadable(`${address} is no address of a user`)
    return { jid, name, groups }
  })
}

interface Entry {
  readonly jid: string
  readonly name: string
  readonly groups: readonly string[]
}

function unreadable(reason: string): CommandError {
  return new CommandError('bad_parameter', `The file is no list of contacts: ${reason}`)
}

function fromJson(text: string): Entry[] {
  const entries = parsed(text)
  return entries.map((entry) => {
    const { jid, name = '', groups = [] } = Object(entry) as Record<string, unknown>
    const isGood = typeof jid === 'string' && typeof name === 'string' && Array.isArray(groups)
    if (!isGood || groups.some((group) => typeof group !== 'string')) {
      throw unreadable('each needs a "jid", and may have a "name" and "groups"')
    }
    return { jid, name, groups: groups as string[] }
  })
}

function parsed(text: string): unknown[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw unreadable(error instanceof Error ? error.message : String(error))
  }
  if (Array.isArray(value)) return value
  throw unreadable('it is no list')
}

/** Tokens of Erlang: a text, plain or binary, or a sign; white space and remarks between them. */
const token = /(?:\s|%[^\n]*)*(?:(?:<<)?"((?:[^"\\]|\\.)*)"(?:\/utf8)?(?:>>)?|([[\]{},.]))/gy

function fromTerms(text: string): Entry[] {
  const tokens = tokensOf(text)
  let at = 0
  const isNext = (sign: string) => tokens[at] === sign
  const take = (sign: string) => {
    if (!isNext(sign)) throw unreadable(`"${sign}" is missing`)
    at++
  }
  const word = (): string => {
    const found = tokens[at++]
    if (typeof found === 'object') return found.text
    throw unreadable('each has a user, a domain, a group and a name')
  }
  const entries: Entry[] = []
  take('[')
  while (!isNext(']')) {
    if (entries.length > 0) take(',')
    take('{')
    const words = [word()]
    while (isNext(',')) {
      at++
      words.push(word())
    }
    take('}')
    const [user, domain, group = '', name = ''] = words
    if (words.length !== 4) throw unreadable('each has a user, a domain, a group and a name')
    entries.push({ jid: `${user}@${domain}`, name, groups: group === '' ? [] : [group] })
  }
  take(']')
  take('.')
  if (at < tokens.length) throw unreadable('there is more after its end')
  return entries
}

/** Signs as they are, texts as objects. */
function tokensOf(text: string): (string | { readonly text: string })[] {
  const tokens: (string | { readonly text: string })[] = []
  let end = 0
  for (const [whole, quoted, sign] of text.matchAll(token)) {
    end += whole.length
    tokens.push(sign ?? { text: (quoted ?? '').replaceAll(/\\(.)/gs, '$1') })
  }
  if (/^(?:\s|%[^\n]*)*$/.test(text.slice(end))) return tokens
  throw unreadable(`what is "${text.slice(end).trim().slice(0, 20)}"?`)
}
