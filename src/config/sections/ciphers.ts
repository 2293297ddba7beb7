import { z } from 'zod'

const exchanges: Readonly<Record<string, string>> = {
  any: '',
  rsa: '',
  dhe_rsa: 'DHE-RSA-',
  ecdhe_rsa: 'ECDHE-RSA-',
  ecdhe_ecdsa: 'ECDHE-ECDSA-',
}

const algorithms: Readonly<Record<string, string>> = {
  aes_128_gcm: 'AES128-GCM',
  aes_256_gcm: 'AES256-GCM',
  aes_128_cbc: 'AES128',
  aes_256_cbc: 'AES256',
  chacha20_poly1305: 'CHACHA20-POLY1305',
}

const suite = z.strictObject({
  cipher: z.string(),
  key_exchange: z.string(),
  mac: z.string(),
  prf: z.string().optional(),
})

/** What OpenSSL calls a suite that is written in its parts, as Erlang has them; undefined for one that is not offered. */
function nameOfSuite({ cipher, key_exchange: exchange, mac, prf = '' }: z.infer<typeof suite>): string | undefined {
  const [kind, algorithm] = [exchanges[exchange], algorithms[cipher]]
  if (kind === undefined || algorithm === undefined) return undefined
  // The suites of TLS 1.3 say nothing of the key exchange.
  if (exchange === 'any') return `TLS_${cipher.toUpperCase()}_${prf.toUpperCase()}`
  const hash = (mac === 'aead' ? prf : mac).toUpperCase()
  return algorithm.startsWith('CHACHA') ? `${kind}${algorithm}` : `${kind}${algorithm}-${hash}`
}

const suites = z
  .array(suite)
  .min(1)
  .transform((list, context) => {
    const names = list.map(nameOfSuite)
    names.forEach((name, index) => {
      if (name !== undefined) return
      context.addIssue({ code: 'custom', path: [index], input: list[index], message: 'This suite is not offered.' })
    })
    return names.join(':')
  })

/** Cipher suites: an OpenSSL list, or the suites in their parts as MongooseIM 4.0.0 has them for `just_tls`. */
export function cipherSuites() {
  return z
    .union([z.string().min(1), suites])
    .optional()
    .describe('Cipher suites, as an OpenSSL list. Not set: the default of the runtime.')
    .meta({ example: 'TLS_AES_256_GCM_SHA384:ECDHE-RSA-AES256-GCM-SHA384', shownAs: 'OpenSSL cipher list' })
}
