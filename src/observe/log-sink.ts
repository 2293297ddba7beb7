/** Where lines go. */
export interface LogSink {
  /** Takes one line with its line feed. */
  write(line: string): void
  /** Opens the file of that name again, after somebody else has moved it away. */
  reopen?(): void
  close?(): void
}
