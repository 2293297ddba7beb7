/** `::ffff:192.0.2.1` and `::ffff:c000:201`: an IPv4 address within IPv6 (RFC 4291 §2.5.5.2). */
const mapped = /^::ffff:(?:(\d+\.\d+\.\d+\.\d+)|([0-9a-f]{1,4}):([0-9a-f]{1,4}))$/

/** An IP address as it is shown: IPv6 in its short lower-case form (RFC 5952) without zone, IPv4 within IPv6 as IPv4. */
export function printableAddress(address: string): string {
  if (!address.includes(':')) return address
  const short = shortForm(address.replace(/%.*$/, '').toLowerCase())
  const match = mapped.exec(short)
  if (match === null) return short
  const [, dotted, high = '0', low = '0'] = match
  if (dotted !== undefined) return dotted
  const value = (Number.parseInt(high, 16) << 16) | Number.parseInt(low, 16)
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff).join('.')
}

function shortForm(address: string): string {
  const url = `http://[${address}]/`
  return URL.canParse(url) ? new URL(url).hostname.slice(1, -1) : address
}
