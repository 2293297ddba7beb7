import { readFile } from 'node:fs/promises'

/** Reads a text file in UTF-8. */
export function readTextFile(path: string): Promise<string> {
  return readFile(path, 'utf8')
}
