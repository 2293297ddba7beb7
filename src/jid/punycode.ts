import { JidError } from './jid-error.ts'

// RFC 3492 §5: the parameters of Punycode.
const BASE = 36
const T_MIN = 1
const T_MAX = 26
const SKEW = 38
const DAMP = 700
const FIRST_BIAS = 72
const FIRST_POINT = 0x80
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
    const least = points.reduce((least, point) => (point >= next && point < least ? point : least), Number.POSITIVE_INFINITY)
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

/** The code points of a Punycode text without its `xn--` (RFC 3492 §6.2). Throws JidError. */
export function decodePunycode(text: string): number[] {
  const hyphen = text.lastIndexOf('-')
  const points: number[] = []
  for (let i = 0; i < hyphen; i++) points.push(text.charCodeAt(i))
  let next = FIRST_POINT
  let bias = FIRST_BIAS
  let at = 0
  for (let i = hyphen > 0 ? hyphen + 1 : 0; i < text.length; ) {
    const before = at
    for (let k = BASE, weight = 1; ; k += BASE) {
      const digit = digits.indexOf(text.charAt(i++) || ' ')
      if (digit < 0) throw new JidError('bad Punycode')
      at += digit * weight
      const t = threshold(k, bias)
      if (digit < t) break
      weight *= BASE - t
      if (weight > 0x7fffffff || at > 0x7fffffff) throw new JidError('bad Punycode')
    }
    const count = points.length + 1
    bias = adapt(at - before, count, before === 0)
    next += Math.floor(at / count)
    at %= count
    if (next > 0x10ffff) throw new JidError('bad Punycode')
    points.splice(at++, 0, next)
  }
  return points
}
