import { isUtf8 } from 'node:buffer'
import { decodeBase64 } from '../sasl/base64.ts'
import { SaslError } from '../sasl/condition.ts'

/** What a client's first message says (RFC 5802 §7, `client-first-message`). */
export interface ClientFirst {
  /** `n`: the client knows no channel binding; `y`: it does, but saw none offered; `p`: it binds by `bindingType`. */
  readonly flag: 'n' | 'y' | 'p'
  readonly bindingType: string | undefined
  readonly authzid: string | undefined
  readonly username: string
  readonly nonce: string
  /** The bytes before `bare`, which the final message repeats. */
  readonly gs2Header: string
  /** `client-first-message-bare`: what is signed. */
  readonly bare: string
}

/** What a client's final message says (`client-final-message`). */
export interface ClientFinal {
  readonly channelBinding: Buffer
  readonly nonce: string
  readonly proof: Buffer
  readonly withoutProof: string
}

const gs2 = /^(?:([ny])|p=([A-Za-z0-9.-]+)),(?:a=([^,]*))?,/
// value-char of RFC 5802 is anything but NUL and comma; a nonce is printable ASCII.
const firstBare = /^n=([^,\0]+),r=([\x21-\x2b\x2d-\x7e]+)(?:,[A-Za-z]=[^,\0]+)*$/
const final = /^(c=([^,]+),r=([\x21-\x2b\x2d-\x7e]+)(?:,[A-Za-z]=[^,\0]+)*),p=([^,]+)$/

function malformed(): SaslError {
  return new SaslError('malformed-request')
}

function textOf(message: Buffer): string {
  if (!isUtf8(message)) throw malformed()
  return message.toString('utf8')
}

/** Undoes the escaping of a `saslname`, where `=2C` is a comma and `=3D` an equals sign and nothing else is escaped. */
export function decodeSaslName(name: string): string {
  if (name === '' || name.includes('\0') || /=(?!2C|3D)/.test(name)) throw malformed()
  return name.replaceAll('=2C', ',').replaceAll('=3D', '=')
}

/** Reads a client's first message. Throws SaslError `malformed-request`; a mandatory extension (`m=`) is such a case. */
export function readClientFirst(message: Buffer): ClientFirst {
  const text = textOf(message)
  const header = gs2.exec(text)
  if (header === null) throw malformed()
  const bare = text.slice(header[0].length)
  const fields = firstBare.exec(bare)
  if (fields === null) throw malformed()
  const [, flag, bindingType, authzid] = header
  const [, username = '', nonce = ''] = fields
  return {
    flag: flag === 'n' || flag === 'y' ? flag : 'p',
    bindingType,
    authzid: authzid === undefined ? undefined : decodeSaslName(authzid),
    username: decodeSaslName(username),
    nonce,
    gs2Header: header[0],
    bare,
  }
}

/** Reads a client's final message. Throws SaslError `malformed-request`. */
export function readClientFinal(message: Buffer): ClientFinal {
  const fields = final.exec(textOf(message))
  if (fields === null) throw malformed()
  const [, withoutProof = '', binding = '', nonce = '', proof = ''] = fields
  const channelBinding = decodeBase64(binding)
  const proofBytes = decodeBase64(proof)
  if (channelBinding === undefined || proofBytes === undefined) throw malformed()
  return { channelBinding, nonce, proof: proofBytes, withoutProof }
}
