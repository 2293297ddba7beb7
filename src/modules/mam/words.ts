import type { RowPack } from '../../storage/row-pack.ts'
import { inDigits } from '../../util/digits.ts'
import { indexedCharacters } from './search-text.ts'

/** By what a message is found, beside its addresses. */
export interface Words {
  /** With a blank between them. */
  readonly words: string
  /** Text whose words are found as well; plain, see `isPlain`. */
  readonly text: string
}

/** Whether there is nothing to be put into the index. */
export function areNone({ words, text }: Words): boolean {
  return words === '' && text === ''
}

/** The word that stands for everything that concerns an address. */
export function addressWord(address: number): string {
  return `_a${inDigits(address, 36)}`
}

/** The word that stands for an id that the sender has given (32-bit FNV-1a of it). */
export function referenceWord(id: string): string {
  let hash = 0x811c9dc5
  for (let at = 0; at < id.length; at++) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193)
  return `_r${inDigits(hash >>> 0, 36)}`
}

/** Writes what a message is found by into its row of a pack for the index. */
export function writeWords(pack: RowPack, row: number, addresses: readonly number[], { words, text }: Words): void {
  let before = ''
  for (const address of addresses) before += `${addressWord(address)} `
  pack.text(row, 1, `${before}${words} `)
  if (text !== '') pack.extend(row, 1, text, indexedCharacters)
}
