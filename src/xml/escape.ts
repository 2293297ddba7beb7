const special = /[&<>'"]/
const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', "'": '&apos;', '"': '&quot;' }

/** Escapes character data or an attribute value in either kind of quotes. */
export function escapeXml(text: string): string {
  return special.test(text) ? text.replace(/[&<>'"]/g, (c) => entities[c] as string) : text
}
