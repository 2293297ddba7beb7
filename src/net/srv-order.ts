/** A server that a domain names for a service (RFC 2782). */
export interface SrvTarget {
  readonly name: string
  readonly port: number
  readonly priority: number
  readonly weight: number
}

/** In the order in which they are to be tried: by priority, and among those of one priority by chance, in proportion to their weight. */
export function inSrvOrder<T extends SrvTarget>(targets: readonly T[], random: () => number = Math.random): T[] {
  const priorities = [...new Set(targets.map(({ priority }) => priority))].sort((a, b) => a - b)
  return priorities.flatMap((priority) =>
    drawn(
      targets.filter((target) => target.priority === priority),
      random,
    ),
  )
}

function drawn<T extends SrvTarget>(targets: readonly T[], random: () => number): T[] {
  // Those without a weight come first, so that they have a chance at all (RFC 2782).
  const left = [...targets].sort((a, b) => Math.sign(a.weight) - Math.sign(b.weight))
  const order: T[] = []
  while (left.length > 0) {
    const total = left.reduce((sum, { weight }) => sum + weight, 0)
    let rest = Math.floor(random() * (total + 1))
    const found = left.findIndex(({ weight }) => {
      rest -= weight
      return rest <= 0
    })
    order.push(...left.splice(Math.max(found, 0), 1))
  }
  return order
}
