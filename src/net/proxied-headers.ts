import { connectionFields } from '../util/http-fields.ts'

/** Header fields with their values, each under its name in small letters. */
export type Headers = Map<string, string[]>

/** The fields of a message that are for its recipient; `raw` has names and values in turn, as they came. */
export function endToEnd(raw: readonly string[]): Headers {
  const headers: Headers = new Map()
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index] as string).toLowerCase()
    const values = headers.get(name) ?? []
    values.push(raw[index + 1] as string)
    headers.set(name, values)
  }
  const named = headers.get('connection')?.flatMap((value) => value.toLowerCase().split(',')) ?? []
  // What frames the message, and says whom it is for, is nobody's to take out.
  const kept = new Set(['host', 'content-length'])
  for (const name of named.map((each) => each.trim())) if (!kept.has(name)) headers.delete(name)
  for (const name of connectionFields) headers.delete(name)
  return headers
}

/** A field that is added. */
export interface AddedHeader {
  readonly name: string
  readonly value: string
}

/** Adds fields. They take the place of those of the same name, so that nobody puts others in front of them. */
export function addHeaders(headers: Headers, added: readonly AddedHeader[]): void {
  for (const { name } of added) headers.delete(name.toLowerCase())
  for (const { name, value } of added) {
    const values = headers.get(name.toLowerCase()) ?? []
    headers.set(name.toLowerCase(), [...values, value])
  }
}

/** As Node takes them: a text where there is one value. */
export function asFields(headers: Headers): Record<string, string | string[]> {
  const fields = [...headers].map(([name, values]) => [name, values.length === 1 ? String(values[0]) : values] as const)
  return Object.fromEntries(fields)
}
