import { allowMethods, HttpError, type HttpRoute, respond, respondJson } from '../../net/http-exchange.ts'
import { type DescribedOperation, type DescribedParameter, openApiDocument } from './open-api.ts'

/** Where something is shown. */
interface Place {
  readonly host: string
  readonly path: string
}

/** A route that answers with what programs make of APIs (OpenAPI). */
export function documentRoute({ host, path }: Place, operations: readonly DescribedOperation[]): HttpRoute {
  return {
    host,
    path,
    handle(exchange) {
      allowMethods(exchange, 'GET')
      respondJson(exchange, 200, openApiDocument(operations))
    },
  }
}

/** A route that leads to the page. */
export function toPageRoute({ host, path }: Place): HttpRoute {
  return {
    host,
    path,
    handle(exchange) {
      allowMethods(exchange, 'GET')
      exchange.response.setHeader('location', `${path.replace(/\/+$/, '')}/index.html`)
      respond(exchange, 302, 'text/plain; charset=utf-8', 'See index.html\n')
    },
  }
}

/** The page that describes APIs, below a path that ends with `[...]`. */
export function pageRoute({ host, path }: Place, operations: readonly DescribedOperation[]): HttpRoute {
  return {
    host,
    path,
    handle(exchange) {
      allowMethods(exchange, 'GET')
      if (!['', 'index.html'].includes(exchange.rest.join('/'))) throw new HttpError(404, 'Not found')
      // It has its own style and nothing else.
      exchange.response.setHeader('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
      respond(exchange, 200, 'text/html; charset=utf-8', page(operations))
    },
  }
}

const style = `body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
code{font-size:.9em}h2{font-size:1rem;margin:2rem 0 0}table{border-collapse:collapse}
td{padding:.1rem 1rem .1rem 0;vertical-align:top}`

function page(operations: readonly DescribedOperation[]): string {
  const all = operations.length === 0 ? '<p>This port has no REST API.</p>' : operations.map(section).join('\n')
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>REST API</title><style>${style}</style>
<h1>REST API</h1>
<p>Requests and answers are JSON. Credentials are those of HTTP Basic. What fails is answered with the reason as a string.</p>
${all}
</html>
`
}

function section({ method, path, about, parameters }: DescribedOperation): string {
  const rows = parameters.map(row).join('')
  const table = rows === '' ? '' : `<table>${rows}</table>`
  return `<h2><code>${method} ${escaped(path)}</code></h2><p>${escaped(about)}</p>${table}`
}

function row({ name, in: place, type, isRequired, about }: DescribedParameter): string {
  const cells = [`<code>${escaped(name)}</code>`, type, `in the ${place}`, escaped(about), isRequired ? '' : 'optional']
  return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
