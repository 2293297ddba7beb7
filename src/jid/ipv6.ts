const group = /^[0-9A-Fa-f]{1,4}$/
const byte = /^(?:0|[1-9][0-9]{0,2})$/

/** An IPv4 address in dotted form. */
export function isIpv4(text: string): boolean {
  const parts = text.split('.')
  return parts.length === 4 && parts.every((part) => byte.test(part) && Number(part) <= 255)
}

/** An IPv6 address (RFC 3986 §3.2.2), without brackets and without a zone. */
export function isIpv6(text: string): boolean {
  if (text.length > 45) return false
  const sides = text.split('::')
  if (sides.length > 2) return false
  const [left, right] = sides as [string, string | undefined]
  const leftCount = countGroups(left, right === undefined)
  if (right === undefined) return leftCount === 8
  // `::` stands for one group at least.
  return leftCount + countGroups(right, true) <= 7
}

/** How many 16-bit groups; Infinity when it has none of their form. The last two may be written as an IPv4 address. */
function countGroups(text: string, isEnd: boolean): number {
  if (text === '') return 0
  const parts = text.split(':')
  const last = parts.at(-1) as string
  const hasIpv4 = isEnd && last.includes('.') && isIpv4(last)
  if (hasIpv4) parts.pop()
  return parts.every((part) => group.test(part)) ? parts.length + (hasIpv4 ? 2 : 0) : Number.POSITIVE_INFINITY
}
