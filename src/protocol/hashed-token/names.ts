/** A hashed-token mechanism (draft-schmaus-kitten-sasl-ht): what is hashed how, and what it is bound to. */
export interface HashedTokenKind {
  /** `HT-SHA-256-NONE`: as tokens are stored; the same for every spelling. */
  readonly name: string
  /** Node's name of the hash function. */
  readonly digest: string
  /** The type of channel binding; undefined for none. */
  readonly binding: 'tls-exporter' | 'tls-server-end-point' | undefined
}

/** Hash functions, strongest habit first; MongooseIM spells SHA-3 otherwise than IANA's registry of hash functions. */
const hashes = [
  { spellings: ['SHA-256'], digest: 'sha256' },
  { spellings: ['SHA-384'], digest: 'sha384' },
  { spellings: ['SHA-512'], digest: 'sha512' },
  { spellings: ['SHA3-256', 'SHA-3-256'], digest: 'sha3-256' },
  { spellings: ['SHA3-384', 'SHA-3-384'], digest: 'sha3-384' },
  { spellings: ['SHA3-512', 'SHA-3-512'], digest: 'sha3-512' },
] as const

/** The channel bindings by their short names; UNIQ is not among them: TLS 1.3 has none. */
const bindings = [
  { suffix: 'EXPR', type: 'tls-exporter' },
  { suffix: 'ENDP', type: 'tls-server-end-point' },
  { suffix: 'NONE', type: undefined },
] as const

function kinds(): Map<string, HashedTokenKind> {
  const all = new Map<string, HashedTokenKind>()
  for (const { suffix, type: binding } of bindings) {
    for (const { spellings, digest } of hashes) {
      const kind = { name: `HT-${spellings[0]}-${suffix}`, digest, binding }
      for (const spelling of spellings) all.set(`HT-${spelling}-${suffix}`, kind)
    }
  }
  return all
}

/** Every hashed-token mechanism by its name, those with channel binding first. */
export const hashedTokenKinds: ReadonlyMap<string, HashedTokenKind> = kinds()
