/** Text as HTML: what a person wrote, with links, spaces and line ends kept. */
export function htmlOf(text: string, { isNofollow }: { readonly isNofollow: boolean }): string {
  const rel = isNofollow ? ' rel="nofollow"' : ''
  const parts = text.split(/((?:https?|ftp):\/\/[^\s<>"']+|(?:mailto|xmpp):[^\s<>"']+)/)
  // What matched stands at the odd places.
  return parts.map((part, index) => (index % 2 === 0 ? escaped(part) : link(part, rel))).join('')
}

function link(address: string, rel: string): string {
  const shown = escaped(address)
  return `<a href="${shown}"${rel}>${shown}</a>`
}

/** Text that means nothing to a browser. */
export function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\t', '&nbsp;&nbsp;&nbsp;&nbsp;')
    .replaceAll('  ', '&nbsp;&nbsp;')
    .replaceAll('\u202e', '[RLO]')
    .replace(/\r?\n/g, '<br/>')
}

/** Text for a plain file, in which angle brackets never look like tags. */
export function plainOf(text: string): string {
  return text.replaceAll('<', '[').replaceAll('>', ']').replaceAll('\u202e', '[RLO]')
}
