/** A small generator of numbers that gives the same sequence for the same seed (mulberry32). */
export function numbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((((t ^ (t >>> 14)) >>> 0) / 4294967296) * below) | 0
  }
}

// What breaks, or nearly breaks, an XML document.
const morsels = [
  '<',
  '>',
  '/',
  '&',
  ';',
  '"',
  "'",
  '=',
  ' ',
  '\n',
  '\r',
  '\t',
  ':',
  ']',
  ']]>',
  '<![CDATA[',
  '<!--',
  '-->',
  '<!',
  '<?',
  '?>',
  '<?xml version="1.0"?>',
  '<!DOCTYPE a>',
  '&amp;',
  '&lt;',
  '&nbsp;',
  '&#0;',
  '&#x41;',
  '&#xD800;',
  '&#x110000;',
  '&#65;',
  '&;',
  '&#;',
  '&#x;',
  'xmlns',
  "xmlns=''",
  "xmlns:a='u'",
  " xmlns:a=''",
  " a:b='c'",
  " xml:lang='x'",
  " xmlns:xml='u'",
  ' id="1"',
  '<a>',
  '</a>',
  '<a/>',
  '<a:b/>',
  '<stream:stream>',
  '</stream:stream>',
  '<db:x/>',
  '\u0000',
  '\u0001',
  '\u001f',
  '\u007f',
  '\u0085',
  '\u00d7',
  '\u00e9',
  '\u0300',
  '\u2028',
  '\ufffd',
  '\ufffe',
  '\uffff',
  '\u{10ffff}',
  'x',
  '1',
  '-',
  '.',
].map((text) => Buffer.from(text))
const rawMorsels = [
  [0x80],
  [0xff],
  [0xc3],
  [0xe2, 0x82],
  [0xed, 0xa0, 0x80],
  [0xc0, 0x80],
  [0xf0, 0x9f],
  [0xf4, 0x90, 0x80, 0x80],
  [0xef, 0xbb, 0xbf],
].map((bytes) => Buffer.from(bytes))

/** The document with one to three places changed: a byte replaced, bytes removed, doubled or moved, a morsel put in. */
export function mutate(document: Buffer, below: (n: number) => number): Buffer {
  let bytes = document
  for (let times = 1 + below(3); times > 0; times--) {
    const at = below(bytes.length + 1)
    const length = Math.min(1 + below(below(4) === 0 ? 40 : 3), bytes.length - at)
    const choice = below(6)
    const morsel = (below(8) === 0 ? rawMorsels[below(rawMorsels.length)] : morsels[below(morsels.length)]) as Buffer
    const piece = bytes.subarray(at, at + length)
    const before = bytes.subarray(0, at)
    const after = bytes.subarray(at + length)
    if (choice === 0) bytes = Buffer.concat([before, after])
    else if (choice === 1) bytes = Buffer.concat([before, piece, piece, after])
    else if (choice === 2) bytes = Buffer.concat([before, morsel, after])
    else if (choice === 3)
      bytes = Buffer.concat([before, Buffer.from([below(128)]), bytes.subarray(Math.min(at + 1, bytes.length))])
    else bytes = Buffer.concat([before, morsel, piece, after])
  }
  return bytes
}

/** How many mutated documents a test tries: MEERKAT_FUZZ, or this many. */
export function fuzzCount(usual: number): number {
  return Number(process.env['MEERKAT_FUZZ'] ?? usual)
}
