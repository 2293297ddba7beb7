import type { GraphQLFormattedError } from 'graphql'
import type { ApiAnswer, ApiRequest, ApiResource } from '../../net/http-api.ts'
import { HttpError } from '../../net/http-exchange.ts'
import type { GraphqlApi, Prepared } from './api.ts'
import type { Caller } from './authorise.ts'
import { Refused, refused } from './failure.ts'
import { type GraphqlQuestion, questionInAddress, questionInBody } from './question.ts'

/** How the resources of an API answer. */
export interface GraphqlResources {
  readonly api: GraphqlApi
  /** The page for browsers. */
  readonly page: (request: ApiRequest<Caller>) => Promise<ApiAnswer | undefined>
  /** Opens what a subscription asks for, and writes it to the response until it ends. */
  readonly subscribe: (prepared: Prepared, request: ApiRequest<Caller>) => Promise<void>
}

const challenge = { 'www-authenticate': 'Basic realm="mongooseim", charset="UTF-8"' }

/** What is under the path of a GraphQL API. */
export function graphqlResources({ api, page, subscribe }: GraphqlResources): ApiResource<Caller>[] {
  const ask = async (question: GraphqlQuestion, caller: Caller, mayChange: boolean): Promise<ApiAnswer> => {
    const prepared = api.prepare(question, caller)
    const { operation: kind } = prepared.operation
    if (kind === 'subscription') throw refused(400, 'unsupported_operation', 'Subscriptions are at PATH/sse')
    if (kind === 'mutation' && !mayChange) {
      const errors = [{ message: 'Only POST may change something', extensions: { code: 'unsupported_operation' } }]
      throw new Refused(405, errors, { allow: 'POST' })
    }
    return { status: 200, json: await api.answer(prepared, caller) }
  }
  const asked: ApiResource<Caller> = {
    path: '',
    methods: {
      GET: async (request) => {
        const { query, caller } = request
        const isBrowser = !query.has('query') && /\btext\/html\b/.test(request.request.headers.accept ?? '')
        return isBrowser ? page(request) : ask(questionInAddress(query), caller, false)
      },
      POST: async ({ caller, json }) => ask(questionInBody(await json()), caller, true),
    },
  }
  const subscribed: ApiResource<Caller> = {
    path: '/sse',
    methods: {
      GET: async (request) => {
        const prepared = api.prepare(questionInAddress(request.query), request.caller)
        if (prepared.operation.operation !== 'subscription') {
          throw refused(400, 'unsupported_operation', 'Only subscriptions are here')
        }
        // Who asks for the head only is not kept waiting for events.
        if (request.request.method === 'HEAD') return { status: 200, text: '', type: 'text/event-stream' }
        await subscribe(prepared, request)
        return undefined
      },
    },
  }
  return [asked, subscribed]
}

function codeOf({ status }: HttpError): string {
  if (status === 401 || status === 403 || status === 429) return 'wrong_credentials'
  if (status >= 500) return 'internal_server_error'
  return status === 405 ? 'unsupported_operation' : 'invalid_json_body'
}

function body(errors: readonly GraphQLFormattedError[]): object {
  return { errors }
}

/** How a GraphQL API answers what was thrown: always with errors of GraphQL. */
export function graphqlFailure(error: unknown): ApiAnswer | undefined {
  if (error instanceof Refused) {
    const headers = error.status === 401 ? { ...challenge, ...error.headers } : error.headers
    return { status: error.status, json: body(error.errors), headers }
  }
  if (!(error instanceof HttpError)) return undefined
  const { status, headers, message } = error
  return { status, json: body([{ message, extensions: { code: codeOf(error) } }]), headers }
}
