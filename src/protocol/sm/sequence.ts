/** Counts go round at 2^32 (XEP-0198 §4). Here they are kept as they are and taken round where they are told. */
export const round = 2 ** 32

/** A count as it is told. */
export function told(count: number): number {
  return count % round
}

/** The count that the peer means by `h`: the first one from `from` on that is told so. */
export function meant(h: number, from: number): number {
  return from + ((((h - from) % round) + round) % round)
}

/** Reads `h`; undefined when it is none. */
export function readCount(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,10}$/.test(text)) return undefined
  const count = Number(text)
  return count < round ? count : undefined
}
