import { type GraphQLFormattedError, type GraphQLInputType, getNamedType, isInputObjectType } from 'graphql'
import { Jid } from '../../jid/jid.ts'
import { prepareDomain } from '../../jid/prepare.ts'
import type { Asked } from './asked.ts'
import type { Operation } from './tags.ts'

/** Who asks. */
export type Caller =
  | { readonly is: 'nobody' }
  | { readonly is: 'admin' }
  | { readonly is: 'domain_admin'; readonly domain: string }
  | { readonly is: 'user'; readonly jid: Jid }

/** The hosted domain that a domain is, or is a service of. */
export type OwnerOf = (domain: string) => string

/** Why somebody may not have what is asked for; empty where it may. */
export function refusalsOf(asked: readonly Asked[], caller: Caller, ownerOf: OwnerOf): GraphQLFormattedError[] {
  return asked.flatMap((each) => {
    const why = refusalOf(each, caller, ownerOf)
    return why === undefined ? [] : [{ ...why, path: each.path }]
  })
}

function refusalOf({ operation, args, path }: Asked, caller: Caller, ownerOf: OwnerOf) {
  if (operation === undefined || caller.is === 'admin' || caller.is === 'user') return undefined
  const name = path.at(-1) ?? ''
  if (caller.is === 'nobody') return noPermissions(`Cannot execute query ${name} without permissions`, {})
  const { type } = operation.protection
  if (type === 'DEFAULT') return undefined
  if (type === 'GLOBAL') {
    return noPermissions(`Cannot execute query ${name} without global permissions`, { type: 'global' })
  }
  const strange = foreignArgs(operation, args, (domain) => ownerOf(domain) === caller.domain)
  if (strange.length === 0) return undefined
  const why = `Cannot execute query ${name} with the given domain. Insufficient permissions for the following args:`
  return noPermissions(`${why} ${strange.join(', ')}`, { type: 'domain', invalid_args: strange })
}

function noPermissions(message: string, extensions: Readonly<Record<string, unknown>>) {
  return { message, extensions: { code: 'no_permissions', ...extensions } }
}

/** The tagged arguments that do not lie in a domain; one that is not given lies in none. */
function foreignArgs(
  { field, protection }: Operation,
  args: Asked['args'],
  owns: (domain: string) => boolean,
): string[] {
  return protection.args.filter((tagged) => {
    const [name = '', ...rest] = tagged.split('.')
    const argument = field.args.find((each) => each.name === name)
    if (argument === undefined) return true
    const domains = domainsIn(args[name], argument.type, rest)
    return !domains.every((domain) => domain !== undefined && owns(domain))
  })
}

/** The domains of what an argument, or something in it, names; undefined for what names none. */
function domainsIn(value: unknown, type: GraphQLInputType, rest: readonly string[]): (string | undefined)[] {
  if (Array.isArray(value)) return value.flatMap((each: unknown) => domainsIn(each, type, rest))
  const named = getNamedType(type)
  const [name, ...further] = rest
  if (name !== undefined) {
    const inner = isInputObjectType(named) ? named.getFields()[name] : undefined
    if (inner === undefined || value === null || typeof value !== 'object') return [undefined]
    return domainsIn((value as Record<string, unknown>)[name], inner.type, further)
  }
  if (typeof value !== 'string') return [undefined]
  return [named.name === 'DomainName' ? prepareDomain(value) : Jid.tryParse(value)?.domain]
}
