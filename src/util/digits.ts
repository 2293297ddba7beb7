const digits = '0123456789abcdefghijklmnopqrstuvwxyz'

/** A whole number from 0 to 2^53 in base 2 to 36, as `toString` gives it, but many times as fast. */
export function inDigits(value: number, base: number): string {
  const unit = base * base * base * base * base
  let text = ''
  let rest = value
  // Five digits at a time are a small integer, which is quick to divide.
  while (rest >= unit) {
    const high = Math.floor(rest / unit)
    text = fiveDigits(rest - high * unit, base) + text
    rest = high
  }
  return leading(rest, base) + text
}

function fiveDigits(value: number, base: number): string {
  let text = ''
  let rest = value | 0
  for (let at = 0; at < 5; at++) {
    const high = (rest / base) | 0
    text = digits.charAt(rest - high * base) + text
    rest = high
  }
  return text
}

function leading(value: number, base: number): string {
  let text = ''
  let rest = value | 0
  do {
    const high = (rest / base) | 0
    text = digits.charAt(rest - high * base) + text
    rest = high
  } while (rest > 0)
  return text
}
