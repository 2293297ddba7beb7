/** What a column of packed rows holds. */
export type CellKind = 'number' | 'text' | 'bytes'

/** A cell: a number, or where in the texts it begins and how long it is. */
const cellSize = 8
const nothing = 0xffffffff
/** Number of columns, number of rows. */
const headSize = 8
/** Bytes that are taken at once. */
const firstSize = 4096
const noCells = new DataView(new ArrayBuffer(0))
const noTexts = Buffer.alloc(0)
const kindCodes: readonly CellKind[] = ['number', 'text', 'bytes']

/**
 * Rows for one insert, written into memory as they come. Nothing of them is an object, so many may wait long without the garbage
 * collector seeing them, and they travel to another thread as one piece. A cell that is not set is null, and may be set anew.
 */
export class RowPack {
  readonly #kinds: readonly CellKind[]
  readonly #rowSize: number
  #cells: DataView = noCells
  #texts = noTexts
  #used = 0
  #rows = 0

  constructor(kinds: readonly CellKind[]) {
    this.#kinds = kinds
    this.#rowSize = kinds.length * cellSize
  }

  get rows(): number {
    return this.#rows
  }

  /** Begins a row and answers its place. */
  add(): number {
    const start = this.#rows * this.#rowSize
    const end = start + this.#rowSize
    if (end > this.#cells.byteLength) this.#cells = grown(this.#cells, end)
    for (let at = start; at < end; at += 4) this.#cells.setUint32(at, nothing, true)
    return this.#rows++
  }

  number(row: number, column: number, value: number): void {
    this.#cells.setFloat64(row * this.#rowSize + column * cellSize, value, true)
  }

  /** A text, stored as UTF-8. */
  text(row: number, column: number, value: string): void {
    this.#reserve(value.length * 3)
    this.#place(row, column, value === '' ? 0 : this.#texts.write(value, this.#used, 'utf8'))
  }

  /** Bytes, or a text of ASCII alone, given one character a byte. */
  latin1(row: number, column: number, value: string): void {
    this.#reserve(value.length)
    this.#place(row, column, this.#texts.write(value, this.#used, 'latin1'))
  }

  /**
   * Makes the text that was set last longer, by one of which each character is looked up in a table first: 128 bytes for ASCII. That
   * is many times as fast as making the text that is stored.
   */
  extend(row: number, column: number, text: string, table: Uint8Array): void {
    this.#reserve(text.length)
    const texts = this.#texts
    let at = this.#used
    for (let i = 0; i < text.length; i++) texts[at++] = table[text.charCodeAt(i)] as number
    this.#used = at
    const cell = row * this.#rowSize + column * cellSize + 4
    this.#cells.setUint32(cell, this.#cells.getUint32(cell, true) + text.length, true)
  }

  /** All rows in one piece, for {@link readRows}. */
  finish(): Uint8Array {
    const cells = this.#rows * this.#rowSize
    const start = headSize + this.#kinds.length
    const packed = Buffer.allocUnsafeSlow(start + cells + this.#used)
    packed.writeUInt32LE(this.#kinds.length, 0)
    packed.writeUInt32LE(this.#rows, 4)
    packed.set(
      this.#kinds.map((kind) => kindCodes.indexOf(kind)),
      headSize,
    )
    packed.set(new Uint8Array(this.#cells.buffer, 0, cells), start)
    packed.set(this.#texts.subarray(0, this.#used), start + cells)
    return packed
  }

  #place(row: number, column: number, length: number): void {
    const at = row * this.#rowSize + column * cellSize
    this.#cells.setUint32(at, this.#used, true)
    this.#cells.setUint32(at + 4, length, true)
    this.#used += length
  }

  #reserve(bytes: number): void {
    const needed = this.#used + bytes
    if (needed <= this.#texts.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(firstSize, 2 * needed))
    this.#texts.copy(larger, 0, 0, this.#used)
    this.#texts = larger
  }
}

function grown(cells: DataView, needed: number): DataView {
  const larger = new Uint8Array(Math.max(firstSize, 2 * needed))
  larger.set(new Uint8Array(cells.buffer))
  return new DataView(larger.buffer)
}

/** Hands every row to `take`, its values in the order of the columns; bytes are parts of what is given. */
export function readRows(packed: Uint8Array, take: (values: unknown[]) => void): void {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength)
  const columns = view.getUint32(0, true)
  const rows = view.getUint32(4, true)
  const kinds = Array.from({ length: columns }, (_, at) => kindCodes[view.getUint8(headSize + at)] as CellKind)
  let cell = headSize + columns
  const start = cell + rows * columns * cellSize
  const texts = Buffer.from(packed.buffer, packed.byteOffset + start, packed.byteLength - start)
  for (let row = 0; row < rows; row++) {
    const values = new Array<unknown>(columns)
    for (let column = 0; column < columns; column++, cell += cellSize) {
      values[column] = kinds[column] === 'number' ? numberAt(view, cell) : pieceAt(view, cell, texts, kinds[column])
    }
    take(values)
  }
}

function numberAt(view: DataView, cell: number): number | null {
  const value = view.getFloat64(cell, true)
  return Number.isNaN(value) ? null : value
}

function pieceAt(view: DataView, cell: number, texts: Buffer, kind: CellKind | undefined): string | Buffer | null {
  const offset = view.getUint32(cell, true)
  if (offset === nothing) return null
  const end = offset + view.getUint32(cell + 4, true)
  if (kind === 'bytes') return texts.subarray(offset, end)
  return offset === end ? '' : texts.toString('utf8', offset, end)
}
