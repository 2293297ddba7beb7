import { readFile } from 'node:fs/promises'

/** Reads a text file that an operator names. Rejects with the system's error. */
export function readTextFile(path: string): Promise<string> {
  return readFile(path, 'utf8')
}

/** Reads a file that an operator names, byte for byte. Rejects with the system's error. */
export function readBinaryFile(path: string): Promise<Buffer> {
  return readFile(path)
}
