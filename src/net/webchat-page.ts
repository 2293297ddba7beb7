import { escapeHtml } from './html.ts'
import type { WebchatSettings } from './webchat.ts'

/** The page of the web chat. `base` is where it is mounted, with a slash at the end. */
export function indexPage(base: string, settings: WebchatSettings): string {
  const { domain, boshPath, title = domain ?? 'Chat' } = settings
  const { websocketPath = boshPath === undefined ? '/ws-xmpp' : undefined } = settings
  const data = JSON.stringify({ assets: `${base}files`, domain, websocketPath, boshPath }).replaceAll('<', '\\u003c')
  return `<!doctype html>
<html lang="en" class="converse-fullscreen">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>${escapeHtml(title)}</title>
    <link rel="icon" href="${base}files/images/favicon.ico">
    <link rel="stylesheet" href="${base}files/converse.min.css">
    <script type="application/json" id="settings">${data}</script>
    <script type="module" src="${base}start.js"></script>
  </head>
  <body class="converse-fullscreen">
    <noscript>The chat needs JavaScript.</noscript>
    <div id="conversejs-bg"></div>
  </body>
</html>
`
}

/**
 * Starts the chat with what the page says. Runs in the browser. Two pieces of the sign-in page are replaced, which
 * Converse.js allows until it is initialised: they would fetch pictures from other hosts and lead away from this one.
 */
export const startScript = `import converse from './files/converse.min.js'

const { assets, domain, websocketPath, boshPath } = JSON.parse(document.getElementById('settings').textContent)
const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:'

customElements.define('converse-controlbox-navbar', class extends HTMLElement {})
customElements.define('converse-footer', class extends HTMLElement {
  connectedCallback() {
    const licence = document.createElement('a')
    licence.href = assets + '/LICENSE.txt'
    licence.textContent = 'MPL-2.0'
    this.className = 'd-block text-center py-3 subdued'
    this.replaceChildren('Converse.js, ', licence)
  }
})

converse.initialize({
  view_mode: 'fullscreen',
  authentication: 'login',
  ...(websocketPath
    ? { websocket_url: scheme + '//' + location.host + websocketPath }
    : { bosh_service_url: location.origin + boshPath }),
  discover_connection_methods: false,
  assets_path: assets,
  emoji_image_path: assets + '/images/emoji/',
  notification_icon: assets + '/images/logo/conversejs-filled.svg',
  use_system_emojis: true,
  allow_registration: false,
  allow_non_roster_messaging: true,
  // Without a search service there would be no field for the address of a room; this one finds nothing and asks nobody else.
  muc_search_service: domain || location.hostname,
  embed_3rd_party_media_players: false,
  auto_away: 300,
  show_client_info: false,
  ...(domain ? { locked_domain: domain, domain_placeholder: domain } : {}),
})
`
