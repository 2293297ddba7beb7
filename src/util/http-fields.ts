/** Fields that concern one connection alone (RFC 9110 §7.6.1), in small letters. */
export const connectionFields: ReadonlySet<string> = new Set([
  ...['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection'],
  ...['te', 'trailer', 'transfer-encoding', 'upgrade'],
])

/** Whether somebody may add a field of this name to a request: what frames the request is not theirs. */
export function isAddableField(name: string): boolean {
  const known = name.toLowerCase()
  return (
    /^[\w!#$%&'*+.^`|~-]+$/.test(name) && !connectionFields.has(known) && !['content-length', 'expect'].includes(known)
  )
}

/** Whether this can be the value of a field: no line break, nothing else that ends it. */
export function isFieldValue(value: string): boolean {
  return /^[\t\x20-\x7e]*$/.test(value)
}
