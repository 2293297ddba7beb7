/** The page of GraphiQL; `files`: path of its files. */
export function pageText(files: string): string {
  const path = files.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>GraphiQL</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="${path}/graphiql.min.css">
    <link rel="stylesheet" href="${path}/page.css">
    <script defer src="${path}/react.production.min.js"></script>
    <script defer src="${path}/react-dom.production.min.js"></script>
    <script defer src="${path}/graphiql.min.js"></script>
    <script defer src="${path}/start.js"></script>
  </head>
  <body>
    <noscript>This page needs JavaScript.</noscript>
    <div id="graphiql">Loading</div>
  </body>
</html>
`
}

export const pageStyle = `html, body, #graphiql { height: 100%; margin: 0; }
`

/** Starts GraphiQL. Runs in the browser, which asks for name and password and keeps them. */
export const startScript = `'use strict'
const url = location.pathname.replace(/[/]+$/, '')

function isSubscription({ operationName }, { documentAST }) {
  const operations = (documentAST?.definitions ?? []).filter(({ kind }) => kind === 'OperationDefinition')
  const chosen = operations.find(({ name }) => name?.value === operationName) ?? operations[0]
  return chosen?.operation === 'subscription'
}

async function ask(params, headers) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(params),
  })
  return response.json()
}

/** The events of a subscription, until GraphiQL has enough of them. */
async function* listen({ query, variables, operationName }, headers) {
  const search = new URLSearchParams({ query })
  if (variables) search.set('variables', JSON.stringify(variables))
  if (operationName) search.set('operationName', operationName)
  const leaving = new AbortController()
  const response = await fetch(url + '/sse?' + search, { headers, signal: leaving.signal })
  if (!response.ok) {
    yield await response.json()
    return
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  try {
    let text = ''
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      const events = (text + value).split('\\n\\n')
      text = events.pop()
      for (const event of events) {
        const data = event.split('\\n').filter((line) => line.startsWith('data: ')).map((line) => line.slice(6))
        if (data.length > 0) yield JSON.parse(data.join('\\n'))
      }
    }
  } finally {
    leaving.abort()
  }
}

const fetcher = (params, options = {}) =>
  isSubscription(params, options) ? listen(params, options.headers) : ask(params, options.headers)

ReactDOM.createRoot(document.getElementById('graphiql')).render(React.createElement(GraphiQL, { fetcher }))
`
