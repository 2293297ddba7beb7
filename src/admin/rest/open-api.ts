import type { ApiMethod } from '../../net/http-api.ts'
import { productVersion } from '../../util/product.ts'
import type { JsonType } from './argument.ts'
import type { Operation } from './operation.ts'

/** What one request may do, in a form to be shown. */
export interface DescribedOperation {
  readonly method: ApiMethod
  /** With `{name}` for what varies. */
  readonly path: string
  readonly about: string
  readonly parameters: readonly DescribedParameter[]
}

export interface DescribedParameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'body'
  readonly type: JsonType
  readonly isRequired: boolean
  readonly about: string
}

/** Describes operations below a prefix, at their usual paths. */
export function describeOperations(operations: readonly Operation[], prefix: string): DescribedOperation[] {
  return operations.flatMap((each) => pathsOf(each.paths[0]).map((path) => describe(each, path, prefix)))
}

/** A pattern, and for one that ends with something optional, the one without too. */
function pathsOf(pattern: string): string[] {
  const [, before] = /^(.*)\/\[:\w+\]$/.exec(pattern) ?? []
  return before === undefined ? [pattern] : [before, pattern.replace(/\[(:\w+)\]$/, '$1')]
}

function describe(
  { method, about, arguments: declared }: Operation,
  pattern: string,
  prefix: string,
): DescribedOperation {
  const inPath = new Set(pattern.split('/').flatMap((segment) => (segment.startsWith(':') ? [segment.slice(1)] : [])))
  const elsewhere = method === 'GET' ? 'query' : 'body'
  const parameters = Object.entries(declared).map(([name, argument]) => {
    const isInPath = inPath.has(name)
    return {
      name,
      in: isInPath ? ('path' as const) : (elsewhere as 'query' | 'body'),
      type: argument.type,
      isRequired: isInPath || !argument.isOptional,
      about: argument.about,
    }
  })
  return { method, path: prefix + pattern.replace(/:(\w+)/g, '{$1}'), about, parameters }
}

/** A description of APIs for programs (OpenAPI 3.1). */
export function openApiDocument(operations: readonly DescribedOperation[]): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const each of operations) {
    paths[each.path] = { ...paths[each.path], [each.method.toLowerCase()]: openApiOperation(each) }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'REST API', version: productVersion },
    paths,
    components: { securitySchemes: { basic: { type: 'http', scheme: 'basic' } } },
    security: [{ basic: [] }, {}],
  }
}

function openApiOperation({ about, parameters }: DescribedOperation): object {
  const body = parameters.filter((each) => each.in === 'body')
  const schema = {
    type: 'object',
    properties: Object.fromEntries(body.map(({ name, type, about: description }) => [name, { type, description }])),
    required: body.filter(({ isRequired }) => isRequired).map(({ name }) => name),
    additionalProperties: false,
  }
  return {
    summary: about,
    parameters: parameters
      .filter((each) => each.in !== 'body')
      .map(({ name, in: place, type, isRequired, about: description }) => ({
        ...{ name, in: place, description, required: isRequired, schema: { type } },
      })),
    ...(body.length > 0 && { requestBody: { required: true, content: { 'application/json': { schema } } } }),
    responses: {
      '2XX': { description: 'It has been done.' },
      default: {
        description: 'It has not been done, for this reason.',
        content: { 'application/json': { schema: { type: 'string' } } },
      },
    },
  }
}
