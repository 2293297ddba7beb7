import { storedValue } from '../stored-value.ts'
import type { BlobPack } from './blob-pack.ts'
import type { Cell } from './wire.ts'

/** Turns the parameters of a statement into what travels. */
export function encodeValues(values: readonly unknown[], pack: BlobPack): Cell[] {
  const packed = (bytes: Uint8Array) => pack.add(bytes)
  const cells = new Array<Cell>(values.length)
  for (let i = 0; i < values.length; i++) cells[i] = storedValue(values[i], packed)
  return cells
}

/** Roughly what the parameters occupy while they are on their way, in bytes. */
export function weigh(cells: readonly Cell[]): number {
  let bytes = 100
  for (const cell of cells) {
    if (typeof cell === 'string') bytes += cell.length
    else if (typeof cell === 'object' && cell !== null) bytes += cell[1]
    bytes += 8
  }
  return bytes
}

/** What a cell of a row holds; bytes become a buffer of their own, so that one value does not keep the message in memory. */
export function decodeCell(cell: Cell, blobs: ArrayBuffer | undefined): unknown {
  if (typeof cell !== 'object' || cell === null) return cell
  return Buffer.from(new Uint8Array(blobs ?? new ArrayBuffer(0), cell[0], cell[1]))
}

/** Rows as objects. */
export function decodeRows(
  columns: readonly string[],
  rows: readonly (readonly Cell[])[],
  blobs: ArrayBuffer | undefined,
): Record<string, unknown>[] {
  const decoded = new Array<Record<string, unknown>>(rows.length)
  for (let r = 0; r < rows.length; r++) {
    const cells = rows[r] ?? []
    const row: Record<string, unknown> = {}
    for (let c = 0; c < columns.length; c++) row[columns[c] ?? ''] = decodeCell(cells[c] ?? null, blobs)
    decoded[r] = row
  }
  return decoded
}
