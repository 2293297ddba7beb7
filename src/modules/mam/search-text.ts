/** Longest word that is told apart from others; the rest of it is left out. */
const longestWord = 60
/** Most different words of one message that are found. */
const mostWords = 2000
/** Most words of a question that are looked at. */
const mostAsked = 10
/** Longest text that is looked at, in characters. */
const longestText = 100_000

/** Writing without blanks between words: each character counts as one. */
const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]/gu
const separators = /[^\p{L}\p{M}\p{N}]+/u
/** The same two for ASCII text, which is looked at several times as fast. */
const beyondAscii = /[^\x00-\x7f]/
const asciiSeparators = /[^a-z0-9]+/

/** The words of a body, by which it is found: small letters and digits, each once. */
export function wordsOf(text: string): string[] {
  const looked = text.slice(0, longestText)
  const words = new Set<string>()
  for (const word of beyondAscii.test(looked) ? split(looked) : looked.toLowerCase().split(asciiSeparators)) {
    if (word === '') continue
    words.add(word.length > longestWord ? [...word].slice(0, longestWord).join('') : word)
    if (words.size >= mostWords) break
  }
  return [...words]
}

/** Text up to this length, in characters, has not too many words. */
const shortText = 2 * mostWords
/** What is put into the index for each character of ASCII: small letters and digits, and blanks for all others. */
export const indexedCharacters = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code).toLowerCase()
  return asciiSeparators.test(character) ? 32 : character.charCodeAt(0)
})

/** Whether the words of a text are had by {@link indexedCharacters} as well; long words are cut by the index. */
export function isPlain(text: string): boolean {
  return text.length <= shortText && !beyondAscii.test(text)
}

function split(text: string): string[] {
  return text.normalize('NFKC').toLowerCase().replace(unspaced, ' $& ').split(separators)
}

/** The words of a question: those that a message must all have, or have words that begin with them. */
export function askedWords(text: string): string[] {
  return wordsOf(text).slice(0, mostAsked)
}
