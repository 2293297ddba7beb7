/** Prints what a test has measured. */
export function figures(text: string): void {
  process.stdout.write(`figures: ${text}\n`)
}
