// ns per Jid.parse. Run: npx tsx bench/jid.ts
import { Jid } from '../src/jid/jid.ts'

const ROUNDS = 7

/** Median nanoseconds per call over some rounds. */
function measure(name: string, texts: readonly string[], run: (text: string) => unknown): void {
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.hrtime.bigint()
    for (const text of texts) run(text)
    times.push(Number(process.hrtime.bigint() - start) / texts.length)
  }
  times.sort((a, b) => a - b)
  process.stdout.write(`${name.padEnd(44)} ${(times[ROUNDS >> 1] as number).toFixed(0).padStart(6)} ns\n`)
}

/** Texts cut from a longer one, as a scanner cuts them: no hash is known beforehand. */
function cut(make: (i: number) => string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => ` ${make(i)}'`.slice(1, -1))
}

let next = 0
const COUNT = 200_000
const known = Array.from({ length: 1000 }, (_, i) => `user${i}@example.com/phone.4f2a`)
for (const text of known) Jid.parse(text)
measure(
  'interned, text seen before (same string)',
  Array.from({ length: COUNT }, (_, i) => known[i % 1000] as string),
  Jid.parse,
)
measure(
  'interned, text freshly cut',
  cut((i) => known[i % 1000] as string, COUNT),
  Jid.parse,
)

/** Parses a text never seen before, ROUNDS times as many as counted. */
function measureMisses(name: string, make: (i: number) => string): void {
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const texts = cut(() => make(next++), 50_000)
    const start = process.hrtime.bigint()
    for (const text of texts) Jid.parse(text)
    times.push(Number(process.hrtime.bigint() - start) / texts.length)
  }
  times.sort((a, b) => a - b)
  process.stdout.write(`${name.padEnd(44)} ${(times[ROUNDS >> 1] as number).toFixed(0).padStart(6)} ns\n`)
}
measureMisses('miss, ASCII full', (i) => `user${i}@example.com/phone.4f2a`)
measureMisses('miss, ASCII bare', (i) => `user${i}@example.com`)
measureMisses('miss, ASCII with capitals', (i) => `User${i}@Example.com/phone.4f2a`)
measureMisses('miss, resource not ASCII', (i) => `user${i}@example.com/t\u00e9l\u00e9phone`)
measureMisses('miss, local part not ASCII', (i) => `j\u00fcrgen${i}@example.com/phone`)
measureMisses('miss, domain not ASCII', (i) => `user${i}@m\u00fcnchen.de/phone`)
measureMisses(
  'miss, all Arabic',
  (i) =>
    `\u0645\u0633\u062a\u062e\u062f\u0645${i}@\u0645\u062b\u0627\u0644.\u0625\u062e\u062a\u0628\u0627\u0631/\u0647\u0627\u062a\u0641`,
)

const malformed = cut((i) => `us er${i}@example.com`, 50_000)
measure('malformed, ASCII', malformed, Jid.tryParse)
const long = cut((i) => `${'\u0301'.repeat(1000)}${i}@example.com`, 100)
measure('malformed, 1000 combining marks', long, Jid.tryParse)
measure(
  'well-formed resource, 500 letters not ASCII',
  cut((i) => `a@b/${'\u00e9'.repeat(500)}${i}`, 500),
  Jid.tryParse,
)
