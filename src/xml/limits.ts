/** What one stream may cost. Exceeding any of them is a `policy-violation` as soon as it happens. */
export interface ScannerLimits {
  /** Bytes of one first-level element, counted from its first byte. May be Infinity. */
  readonly maxElementBytes: number
  /** Bytes of the XML declaration and the stream's start tag together. */
  readonly maxHeaderBytes: number
  /** Elements inside one another; a first-level element is at depth 1. At most 1000. */
  readonly maxDepth: number
  /** Attributes of one element, and namespace prefixes in scope at once. */
  readonly maxAttributes: number
  /** Bytes of the names of open elements and of the prefix declarations in scope, together; also of any single name. */
  readonly maxNameBytes: number
}

export const defaultLimits: ScannerLimits = {
  maxElementBytes: 262_144,
  maxHeaderBytes: 4096,
  maxDepth: 200,
  maxAttributes: 100,
  maxNameBytes: 16_384,
}

/** For what this server has accepted before, or made: it is read back whatever its size. */
export const ownLimits: ScannerLimits = {
  maxElementBytes: Number.POSITIVE_INFINITY,
  maxHeaderBytes: Number.POSITIVE_INFINITY,
  maxDepth: Number.POSITIVE_INFINITY,
  maxAttributes: Number.POSITIVE_INFINITY,
  maxNameBytes: Number.POSITIVE_INFINITY,
}

// Offsets are kept as small integers, and trees are built and written by recursion.
const addressable = 2 ** 30
const deepest = 1000

/** The same limits as numbers the scanner can calculate with. */
export function usableLimits(limits: ScannerLimits): ScannerLimits {
  return {
    maxElementBytes: Math.min(limits.maxElementBytes, addressable),
    maxHeaderBytes: Math.min(limits.maxHeaderBytes, addressable),
    maxDepth: Math.min(limits.maxDepth, deepest),
    maxAttributes: Math.min(limits.maxAttributes, addressable),
    maxNameBytes: Math.min(limits.maxNameBytes, addressable),
  }
}
