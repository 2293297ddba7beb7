/** Bits of entropy of a password: its length in bytes times the logarithm of the sizes of the alphabets that it uses. */
export function entropy(password: string): number {
  const bytes = Buffer.from(password, 'utf8')
  let alphabet = 0
  if (/[a-z]/.test(password)) alphabet += 26
  if (/[A-Z]/.test(password)) alphabet += 26
  if (/[0-9]/.test(password)) alphabet += 9
  if (/[!-/:-@[-`{-~]/.test(password)) alphabet += 33
  if (/[^!-~]/.test(password)) alphabet += 128
  return alphabet === 0 ? 0 : bytes.length * Math.log2(alphabet)
}
