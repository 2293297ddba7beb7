/** An address as people write it: IPv4 peers of an IPv6 socket lose the `::ffff:` in front. */
export function plainAddress(address: string | undefined): string {
  if (address === undefined) return ''
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}
