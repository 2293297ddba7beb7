/** A text as it stands in HTML, between tags and in quotes. */
export function escapeHtml(text: string): string {
  const names: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',

    '"': '&quot;',
    "'": '&#39;',
  }
  return text.replace(/[&<"']/g, (character) => names[character] ?? character)
}
