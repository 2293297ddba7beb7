import {
  type DocumentNode,
  execute,
  executeSync,
  type FormattedExecutionResult,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  getVariableValues,
  type OperationDefinitionNode,
  parse,
  validate,
} from 'graphql'
import type { Report } from '../../net/connection.ts'
import { type Asked, askedIn } from './asked.ts'
import { type Caller, type OwnerOf, refusalsOf } from './authorise.ts'
import { commandFailure, Refused, refused, refusedBy, refusing, withCode } from './failure.ts'
import { limitFields, limitText, limitVariables } from './limits.ts'
import { doneBy, Operator, type OperatorParts } from './operator.ts'
import type { GraphqlQuestion } from './question.ts'
import { makeSchema, rootsOf, type SchemaKind } from './schema.ts'
import { type Operation, operationsOf } from './tags.ts'

/** Most operations of a request: each is a command. */
const mostOperations = 100

/** What an API needs of the server. */
export interface GraphqlParts extends OperatorParts {
  readonly ownerOf: OwnerOf
}

/** Which API it is. */
export interface GraphqlSettings {
  readonly schema: SchemaKind
  /** Categories by the names of the configuration; all of them unless given. */
  readonly categories?: readonly string[] | undefined
}

/** A request that may be done. */
export interface Prepared {
  readonly document: DocumentNode
  readonly operation: OperationDefinitionNode
  readonly variables: Readonly<Record<string, unknown>>
  readonly operationName: string | undefined
  readonly asked: readonly Asked[]
}

interface Context {
  readonly caller: Caller
  /** What operations that change something wait for: they are done in their order. */
  turn: Promise<unknown>
  /** What a subscription tells. */
  readonly event?: unknown
}

/** Names of categories in the configuration, where they differ. */
const configured: Readonly<Record<string, string>> = {
  httpUpload: 'http_upload',
  externalServices: 'external_services',
}

/** One GraphQL API: a schema, its limits, who may what, and the commands behind it. */
export class GraphqlApi {
  readonly schema: GraphQLSchema
  readonly kind: SchemaKind
  readonly operator: Operator
  readonly #operations: ReadonlyMap<string, Operation>
  readonly #categories: ReadonlySet<string> | undefined
  readonly #ownerOf: OwnerOf
  readonly #report: Report

  constructor({ schema: kind, categories }: GraphqlSettings, parts: GraphqlParts) {
    this.kind = kind
    this.schema = makeSchema(kind)
    this.operator = new Operator(parts)
    this.#categories = categories === undefined ? undefined : new Set(categories)
    this.#ownerOf = parts.ownerOf
    this.#report = parts.report
    const operations = operationsOf(this.schema)
    this.#operations = new Map(operations.map((each) => [`${each.kind} ${each.name}`, each]))
    for (const each of operations) {
      this.#resolve(each)
      describe(each, parts.commands.get(doneBy(kind, each).command)?.declaration.about)
    }
    for (const root of rootsOf(this.schema)) {
      for (const field of Object.values(root.getFields())) {
        field.resolve = field.name === 'checkAuth' ? (_, __, { caller }: Context) => authInfo(kind, caller) : () => ({})
      }
    }
  }

  /** Looks at a request without doing anything of it. Throws Refused. */
  prepare({ query, variables, operationName }: GraphqlQuestion, caller: Caller): Prepared {
    limitText(query)
    limitVariables(variables)
    const document = this.#parse(query)
    const operation = getOperationAST(document, operationName)
    if (operation == null) throw refused(400, 'no_such_operation', 'Name one of the operations of the document')
    const coerced = getVariableValues(this.schema, operation.variableDefinitions ?? [], variables ?? {}, {
      maxErrors: 10,
    })
    if (coerced.errors !== undefined) throw refusedBy(coerced.errors, 'input_coercion')
    const asked = this.#askedIn(document, operation, coerced.coerced)
    if (asked.length > mostOperations)
      throw refused(400, 'limit_exceeded', `At most ${mostOperations} operations at once`)
    this.#requireCategories(asked)
    const refusals = refusalsOf(asked, caller, this.#ownerOf)
    if (refusals.length > 0) throw new Refused(401, refusals)
    return { document, operation, variables: variables ?? {}, operationName, asked }
  }

  /** Does what a prepared query or mutation asks for. */
  async answer(prepared: Prepared, caller: Caller): Promise<FormattedExecutionResult> {
    const { document, variables: variableValues, operationName } = prepared
    const contextValue: Context = { caller, turn: Promise.resolve() }
    const { data, errors } = await execute({
      schema: this.schema,
      document,
      variableValues,
      operationName,
      contextValue,
    })
    return { ...(errors === undefined ? {} : { errors: errors.map(shown) }), data: data ?? null }
  }

  /** Tells something that has happened as a prepared subscription asks for it. */
  tell(prepared: Prepared, event: unknown): FormattedExecutionResult {
    const { document, variables: variableValues, operationName } = prepared
    const contextValue: Context = { caller: { is: 'nobody' }, turn: Promise.resolve(), event }
    const { data, errors } = executeSync({ schema: this.schema, document, variableValues, operationName, contextValue })
    return { ...(errors === undefined ? {} : { errors: errors.map(shown) }), data: data ?? null }
  }

  #parse(query: string): DocumentNode {
    const document = refusing('parser_error', () => parse(query))
    limitFields(document)
    const errors = validate(this.schema, document, undefined, { maxErrors: 10 })
    if (errors.length > 0) throw refusedBy(errors, 'validation_error')
    return document
  }

  #askedIn(document: DocumentNode, operation: OperationDefinitionNode, variables: Record<string, unknown>): Asked[] {
    const isFragment = (node: DocumentNode['definitions'][number]) => node.kind === 'FragmentDefinition'
    const fragments = (document.definitions.filter(isFragment) as FragmentDefinitionNode[]).map(
      (node) => [node.name.value, node] as const,
    )
    const chosen = { schema: this.schema, operation, fragments: Object.fromEntries(fragments), variables }
    return refusing('input_coercion', () => askedIn(chosen, this.#operations))
  }

  #requireCategories(asked: readonly Asked[]): void {
    const allowed = this.#categories
    if (allowed === undefined) return
    const isDisabled = ({ category }: Asked) => !allowed.has(configured[category] ?? category)
    const errors = asked.filter(isDisabled).map(({ category, path }) => ({
      message: 'Category disabled',
      path: path.slice(0, 1),
      extensions: { code: 'category_disabled', category },
    }))
    if (errors.length > 0) throw new Refused(400, errors)
  }

  #resolve(operation: Operation): void {
    if (operation.kind === 'subscription') {
      operation.field.resolve = (_, __, context) => (context as Context).event
      return
    }
    operation.field.resolve = (_, args: Record<string, unknown>, given) => {
      const context = given as Context
      const perform = () => this.#perform(operation, args, context.caller)
      if (operation.kind === 'query') return perform()
      const done = context.turn.then(perform)
      context.turn = done.catch(() => {})
      return done
    }
  }

  async #perform(operation: Operation, args: Record<string, unknown>, caller: Caller): Promise<unknown> {
    try {
      return await this.operator.perform(operation, args, caller)
    } catch (error) {
      const failure = commandFailure(error)
      if (failure === undefined) this.#report({ what: 'graphql_resolver_failed', operation: operation.name, error })
      throw failure ?? crash(error)
    }
  }
}

function crash(originalError: unknown): GraphQLError {
  const options = { extensions: { code: 'resolver_crash' }, originalError: originalError as Error }
  return new GraphQLError('Internal error', options)
}

function shown(error: GraphQLError) {
  return withCode(error, 'resolver_error')
}

function describe({ field, uses }: Operation, about: string | undefined): void {
  const needed = [...uses.modules, ...uses.services, ...uses.databases].join(', ')
  field.description = [about, needed === '' ? undefined : `Needs ${needed}.`].filter(Boolean).join(' ')
}

/** Who somebody is here. */
function authInfo(kind: SchemaKind, caller: Caller): object {
  const authStatus = caller.is === 'nobody' ? 'UNAUTHORIZED' : 'AUTHORIZED'
  if (kind === 'user') return { authStatus, username: caller.is === 'user' ? caller.jid.local : null }
  const authType = { nobody: 'UNAUTHORIZED', admin: 'ADMIN', domain_admin: 'DOMAIN_ADMIN', user: 'UNAUTHORIZED' }[
    caller.is
  ]
  return { authStatus, authType, domain: caller.is === 'domain_admin' ? caller.domain : null }
}
