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
