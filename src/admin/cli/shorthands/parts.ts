/** An address of two words. */
export function address(user: string | undefined, domain: string | undefined): string {
  return `${user ?? ''}@${domain ?? ''}`
}

/** A list, an item a line. */
export function lines(items: readonly string[]): string {
  return items.map((item) => `${item}\n`).join('')
}

/** Rows, a row a line, with tabs between the columns. */
export function table(rows: readonly (readonly unknown[])[]): string {
  return lines(
    rows.map((row) => row.map((cell) => (cell === null || cell === undefined ? '' : String(cell))).join('\t')),
  )
}

/** The text of a result that has one. */
export function message(result: { readonly message: string }): string {
  return result.message
}
