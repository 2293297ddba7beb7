/** Splits one CSV record (RFC 4180) into its fields; `undefined` when its quotes do not match. */
export function csvFields(line: string): string[] | undefined {
  const fields: string[] = []
  const field = /\s*"((?:[^"]|"")*)"\s*(,|$)|([^,"]*)(,|$)/y
  for (;;) {
    const match = field.exec(line)
    if (match === null) return undefined
    const [, quoted, quotedEnd, plain, plainEnd] = match
    fields.push(quoted === undefined ? (plain ?? '').trim() : quoted.replaceAll('""', '"'))
    if ((quotedEnd ?? plainEnd) === '') return fields
  }
}

/** Rows as CSV (RFC 4180) with a line of column names; every value in quotes. */
export function csvText(rows: readonly Readonly<Record<string, unknown>>[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const quoted = (value: unknown) => `"${textOf(value).replaceAll('"', '""')}"`
  const lines = rows.map((row) => columns.map((column) => quoted(row[column])).join(','))
  return [columns.join(','), ...lines, ''].join('\r\n')
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
