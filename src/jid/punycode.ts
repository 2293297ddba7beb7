import { JidError } from './jid-error.ts'

// RFC 3492 §5: the parameters of Punycode.
const BASE = 36
const T_MIN = 1
const T_MAX = 26
const SKEW = 38
const DAMP = 700
const FIRST_BIAS = 72
const FIRST_POINT = 0x80
const MAX_INTEGER = 0x7fffffff
const digits = 'abcdefghijklmnopqrstuvwxyz0123456789'

function adapt(delta: number, count: number, isFirst: boolean): number {
  let rest = isFirst ? Math.floor(delta / DAMP) : delta >> 1
  rest += Math.floor(rest / count)
  let k = 0
  for (; rest > ((BASE - T_MIN) * T_MAX) >> 1; k += BASE) rest = Math.floor(rest / (BASE - T_MIN))
  return k + Math.floor(((BASE - T_MIN + 1) * rest) / (rest + SKEW))
}

function threshold(k: number, bias: number): number {
  return Math.min(Math.max(k - bias, T_MIN), T_MAX)
}

function encodeInteger(value: number, bias: number): string {
  let text = ''
  let rest = value
  for (let k = BASE; ; k += BASE) {
    const t = threshold(k, bias)
    if (rest < t) return text + digits.charAt(rest)
    text += digits.charAt(t + ((rest - t) % (BASE - t)))
    rest = Math.floor((rest - t) / (BASE - t))
  }
}

/** Punycode of a label, without the `xn--` (RFC 3492 §6.3). The caller bounds its length. */
export function encodePunycode(points: readonly number[]): string {
  const basic = points.filter((point) => point < FIRST_POINT)
  let text = String.fromCharCode(...basic)
  if (basic.length > 0) text += '-'
  let done = basic.length
  let delta = 0
  let bias = FIRST_BIAS
  for (let next = FIRST_POINT; done < points.length; next++, delta++) {
    const least = points.reduce(
      (least, point) => (point >= next && point < least ? point : least),
      Number.POSITIVE_INFINITY,
    )
    delta += (least - next) * (done + 1)
    next = least
    for (const point of points) {
      if (point < next) delta++
      if (point !== next) continue
      text += encodeInteger(delta, bias)
      bias = adapt(delta, done + 1, done === basic.length)
      delta = 0
      done++
    }
  }
  return text
}

/** The variable-length integer at `from`, and where it ends. */
function decodeInteger(text: string, from: number, bias: number): { value: number; end: number } {
  let value = 0
  let weight = 1
  for (let i = from, k = BASE; ; i++, k += BASE) {
    const digit = i < text.length ? digits.indexOf(text.charAt(i)) : -1
    if (digit < 0) throw new JidError('bad Punycode')
    value += digit * weight
    const t = threshold(k, bias)
    if (digit < t) return { value, end: i + 1 }
    weight *= BASE - t
    if (weight > MAX_INTEGER || value > MAX_INTEGER) throw new JidError('bad Punycode')
  }
}

/** The code points of a Punycode text without its `xn--` (RFC 3492 §6.2). Throws JidError. */
export function decodePunycode(text: string): number[] {
  const hyphen = text.lastIndexOf('-')
  const points = Array.from({ length: Math.max(hyphen, 0) }, (_, i) => text.charCodeAt(i))
  let next = FIRST_POINT
  let bias = FIRST_BIAS
  let at = 0
  for (let i = hyphen > 0 ? hyphen + 1 : 0; i < text.length; ) {
    const { value, end } = decodeInteger(text, i, bias)
    const count = points.length + 1
    bias = adapt(value, count, at === 0)
    at += value
    next += Math.floor(at / count)
    at %= count
    if (next > 0x10ffff) throw new JidError('bad Punycode')
    points.splice(at++, 0, next)
    i = end
  }
  return points
}
