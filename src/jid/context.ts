import { combiningVirama, joiningType, scriptGroup } from './unicode.ts'

/** RFC 5892 appendix A: may this contextual code point stand where it stands? Made for one string, so that what holds for the whole is found once. */
export class ContextRules {
  readonly #points: readonly number[]
  #hasKana: boolean | undefined
  #hasMixedDigits: boolean | undefined

  constructor(points: readonly number[]) {
    this.#points = points
  }

  /** Is the code point at `index`, which is CONTEXTJ or CONTEXTO, allowed there? */
  allows(index: number): boolean {
    const before = this.#points[index - 1]
    const after = this.#points[index + 1]
    const point = this.#points[index] as number
    switch (point) {
      case 0x200c: // ZERO WIDTH NON-JOINER
        return isVirama(before) || this.#breaksJoin(index)
      case 0x200d: // ZERO WIDTH JOINER
        return isVirama(before)
      case 0xb7: // MIDDLE DOT, between two l
        return before === 0x6c && after === 0x6c
      case 0x375: // GREEK LOWER NUMERAL SIGN
        return after !== undefined && scriptGroup.of(after) === 'G'
      case 0x5f3: // HEBREW PUNCTUATION GERESH
      case 0x5f4: // HEBREW PUNCTUATION GERSHAYIM
        return before !== undefined && scriptGroup.of(before) === 'H'
      case 0x30fb: // KATAKANA MIDDLE DOT, itself of script Common
        this.#hasKana ??= this.#points.some((p) => scriptGroup.of(p) === 'K')
        return this.#hasKana
      default: // ARABIC-INDIC and EXTENDED ARABIC-INDIC DIGITS never mix
        this.#hasMixedDigits ??= this.#points.some(isArabicIndicDigit) && this.#points.some(isExtendedDigit)
        return !this.#hasMixedDigits
    }
  }

  /** Joining_Type (L|D) T* ZWNJ T* (R|D). A run of T is walked by its two neighbours at most, so the whole stays linear. */
  #breaksJoin(index: number): boolean {
    return this.#joins(index, -1, 'LD') && this.#joins(index, 1, 'RD')
  }

  #joins(from: number, step: 1 | -1, wanted: string): boolean {
    for (let i = from + step; i >= 0 && i < this.#points.length; i += step) {
      const type = joiningType.of(this.#points[i] as number)
      if (type !== 'T') return wanted.includes(type)
    }
    return false
  }
}

function isVirama(point: number | undefined): boolean {
  return point !== undefined && combiningVirama.of(point) === 'V'
}

function isArabicIndicDigit(point: number): boolean {
  return point >= 0x660 && point <= 0x669
}

function isExtendedDigit(point: number): boolean {
  return point >= 0x6f0 && point <= 0x6f9
}
