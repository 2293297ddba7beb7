/** Edit distance with insertions, deletions, substitutions and swaps of neighbours, each costing one. */
export function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const substitution = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1)
      let cost = Math.min((previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, substitution)
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        cost = Math.min(cost, (beforePrevious[column - 2] ?? 0) + 1)
      }
      current.push(cost)
    }
    beforePrevious = previous
    previous = current
  }
  return previous[b.length] ?? 0
}

/**
 * The candidate most like `word`, if one is near enough to be meant: at most a third of the longer word's letters
 * differ, or one of the two begins with the other.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = word.toLowerCase()
  let best: string | undefined
  let bestScore = Number.POSITIVE_INFINITY
  for (const candidate of candidates) {
    const other = candidate.toLowerCase()
    const allowed = Math.max(1, Math.floor(Math.max(wanted.length, other.length) / 3))
    const distance = editDistance(wanted, other)
    const isPrefix = wanted.length >= 3 && (other.startsWith(wanted) || wanted.startsWith(other)) && other.length >= 3
    if (distance > allowed && !isPrefix) continue
    if (distance < bestScore) {
      best = candidate
      bestScore = distance
    }
  }
  return best
}
