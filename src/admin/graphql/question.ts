import { refused } from './failure.ts'

/** What is asked, however it came. */
export interface GraphqlQuestion {
  readonly query: string
  readonly variables: Readonly<Record<string, unknown>> | undefined
  readonly operationName: string | undefined
}

type Values = Readonly<Record<string, unknown>>

function isObject(value: unknown): value is Values {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

/** The question in a body. Throws Refused. */
export function questionInBody(body: unknown): GraphqlQuestion {
  if (!isObject(body)) throw refused(400, 'invalid_json_body', 'The body has to be an object of JSON')
  return questionIn(body)
}

/** The question in the query of an address. Throws Refused. */
export function questionInAddress(query: URLSearchParams): GraphqlQuestion {
  const known = ['query', 'variables', 'operationName']
  if (known.some((name) => query.getAll(name).length > 1)) {
    throw refused(400, 'invalid_query_parameters', 'A parameter is given twice')
  }
  const text = query.get('variables') ?? ''
  return questionIn({
    query: query.get('query') ?? undefined,
    operationName: query.get('operationName') ?? undefined,
    variables: text === '' ? undefined : variablesIn(text),
  })
}

function variablesIn(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (cause) {
    throw notJson(cause)
  }
}

function notJson(cause: unknown): Error {
  return refused(400, 'variables_invalid_json', 'The variables are not JSON', { cause })
}

function questionIn({ query, variables, operationName }: Values): GraphqlQuestion {
  if (query == null || query === '') throw refused(400, 'no_query_supplied', 'No query was supplied')
  if (typeof query !== 'string') throw refused(400, 'invalid_query_parameters', 'The query has to be a text')
  if (variables != null && !isObject(variables)) {
    throw refused(400, 'variables_invalid_json', 'The variables have to be an object')
  }
  if (operationName != null && typeof operationName !== 'string') {
    throw refused(400, 'invalid_query_parameters', 'The name of an operation has to be a text')
  }
  // An empty name is what some clients send for none.
  return { query, variables: variables ?? undefined, operationName: operationName || undefined }
}
