import { createHash } from 'node:crypto'
import { escapeHtml } from './html.ts'
import { allowMethods, type HttpExchange, type HttpRoute, respond } from './http-exchange.ts'

/** A client that is recommended. */
export interface RecommendedClient {
  readonly name: string
  readonly platforms: string
  /** `https://…`. */
  readonly url: string
}

/** What a page tells of an invitation. */
export interface InvitationFacts {
  /** The `xmpp:` URI that clients open. */
  readonly uri: string
  readonly domain: string
  readonly inviter: string | undefined
  readonly isForAccount: boolean
  /** Milliseconds since the epoch. */
  readonly expires: number
}

/** Where pages of invitations are. */
export interface InvitePageOptions {
  readonly host: string
  /** The page of a token is at `PATH/TOKEN`. */
  readonly path: string
  readonly clients: readonly RecommendedClient[]
  readonly find: (token: string) => Promise<InvitationFacts | undefined>
}

const style = `body{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:3rem auto;padding:0 1rem;color-scheme:light dark}
a.open{display:inline-block;padding:.6rem 1.2rem;border-radius:.4rem;background:#1a6b3c;color:#fff;text-decoration:none}
code{overflow-wrap:anywhere}`

/** Nothing is loaded and nothing is run; the page can be shown in no frame. */
const policy = [
  ...["default-src 'none'", `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`],
  ...["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
].join('; ')

/** The route of the pages that lead whoever is invited to a client (XEP-0401 §4). */
export function invitePageRoute({ host, path, clients, find }: InvitePageOptions): HttpRoute {
  return {
    host,
    path: `${path.replace(/\/+$/, '')}/:token`,
    isPathSecret: true,
    async handle(exchange) {
      allowMethods(exchange, 'GET')
      const invitation = await find(exchange.params['token'] ?? '')
      if (invitation === undefined) show(exchange, 404, 'This invitation is not valid', goneText)
      else show(exchange, 200, titleOf(invitation), bodyOf(invitation, clients))
    },
  }
}

function show(exchange: HttpExchange, status: number, title: string, body: string): void {
  const { response } = exchange
  response.setHeader('content-security-policy', policy)
  // The address of the page is the invitation: it stays out of other sites, of caches and of search engines.
  response.setHeader('referrer-policy', 'no-referrer')
  response.setHeader('cache-control', 'no-store')
  response.setHeader('x-robots-tag', 'noindex')
  response.setHeader('x-frame-options', 'DENY')
  respond(exchange, status, 'text/html; charset=utf-8', pageOf(escapeHtml(title), body))
}

function pageOf(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${title}</title>
    <style>${style}</style>
  </head>
  <body>
    <h1>${title}</h1>
${body}
  </body>
</html>
`
}

const goneText = '    <p>It has been used, or its time is over. Ask for another one.</p>'

function titleOf({ inviter, domain }: InvitationFacts): string {
  return inviter === undefined ? `You are invited to ${domain}` : `${inviter} invites you to chat`
}

function bodyOf(
  { uri, domain, inviter, isForAccount, expires }: InvitationFacts,
  clients: readonly RecommendedClient[],
) {
  const link = escapeHtml(uri)
  const until = new Date(expires).toISOString().slice(0, 16).replace('T', ' ')
  const account = isForAccount
    ? `You can make an account on ${escapeHtml(domain)} with this invitation.`
    : 'You need an account of XMPP; any will do.'
  const contact = inviter === undefined ? '' : ` Then you can talk to ${escapeHtml(inviter)}.`
  return `    <p>${account}${contact} The invitation counts once, until ${until} UTC.</p>
    <ol>
      <li>
        <p>Install a client, if you have none:</p>
        <ul>
${clients.map(clientLine).join('\n')}
        </ul>
      </li>
      <li>
        <p>Open the invitation with it:</p>
        <p><a class="open" href="${link}">Open the invitation</a></p>
        <p>Or paste this where the client asks for an address: <code>${link}</code></p>
      </li>
    </ol>`
}

function clientLine({ name, platforms, url }: RecommendedClient): string {
  const link = `<a href="${escapeHtml(url)}" rel="noopener noreferrer">${escapeHtml(name)}</a>`
  return `          <li>${link} (${escapeHtml(platforms)})</li>`
}
