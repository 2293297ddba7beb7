import type { Wire } from '../xml/wire.ts'

/** Stanzas for a session whose client has not been told yet that it is bound. */
export class EarlyTexts {
  readonly texts: Wire[] = []
  bytes = 0

  add(text: Wire): void {
    this.texts.push(text)
    this.bytes += text.length
  }
}
