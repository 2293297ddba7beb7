import {
  type DocumentNode,
  type FragmentDefinitionNode,
  Lexer,
  type SelectionSetNode,
  Source,
  TokenKind,
} from 'graphql'
import { type Refused, refused, refusing } from './failure.ts'

/** Most tokens of a document. The longest that a client writes by itself, introspection, has about 500. */
const mostTokens = 4000
/** How deep brackets may stand in each other. */
const deepestNesting = 40
/** Most fields that a document may ask for, those of fragments counted each time. */
const mostFields = 1500
/** How deep the values of variables may stand in each other. */
const deepestValue = 32

function tooMuch(message: string): Refused {
  return refused(400, 'limit_exceeded', message)
}

const nesting: Readonly<Record<string, number>> = {
  [TokenKind.BRACE_L]: 1,
  [TokenKind.BRACKET_L]: 1,
  [TokenKind.PAREN_L]: 1,
  [TokenKind.BRACE_R]: -1,
  [TokenKind.BRACKET_R]: -1,
  [TokenKind.PAREN_R]: -1,
}

/** Looks at a text before it is parsed, which takes a stack as deep as its brackets. Throws Refused. */
export function limitText(text: string): void {
  const lexer = new Lexer(new Source(text))
  refusing('parser_error', () => {
    let depth = 0
    for (let tokens = 0; lexer.advance().kind !== TokenKind.EOF; tokens++) {
      depth += nesting[lexer.token.kind] ?? 0
      if (tokens >= mostTokens) throw tooMuch(`A document has at most ${mostTokens} tokens`)
      if (depth > deepestNesting) throw tooMuch(`A document nests at most ${deepestNesting} deep`)
    }
  })
}

/** Counts what a document asks for before it is validated, which compares fields with each other. Throws Refused. */
export function limitFields({ definitions }: DocumentNode): void {
  const counter = new FieldCounter(definitions.filter((node) => node.kind === 'FragmentDefinition'))
  for (const node of definitions) if ('selectionSet' in node) counter.add(node.selectionSet)
}

/** Counts fields; each fragment is looked at once, however often it is used. */
class FieldCounter {
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>
  readonly #known = new Map<string, number>()
  #all = 0

  constructor(fragments: readonly FragmentDefinitionNode[]) {
    this.#fragments = new Map(fragments.map((node) => [node.name.value, node]))
  }

  add(set: SelectionSetNode): void {
    this.#all += this.#fieldsIn(set)
    this.#limit(this.#all)
  }

  #limit(count: number): void {
    if (count > mostFields) throw tooMuch(`A document asks for at most ${mostFields} fields`)
  }

  #fieldsIn({ selections }: SelectionSetNode): number {
    let count = 0
    for (const selection of selections) {
      if (selection.kind === 'Field') count++
      if (selection.kind === 'FragmentSpread') count += this.#fieldsOf(selection.name.value)
      else if (selection.selectionSet !== undefined) count += this.#fieldsIn(selection.selectionSet)
      this.#limit(count)
    }
    return count
  }

  #fieldsOf(fragment: string): number {
    const before = this.#known.get(fragment)
    if (before !== undefined) return before
    // One that holds itself is found by validation.
    this.#known.set(fragment, 0)
    const set = this.#fragments.get(fragment)?.selectionSet
    const count = set === undefined ? 0 : this.#fieldsIn(set)
    this.#known.set(fragment, count)
    return count
  }
}

/** Variables are read by a stack as deep as they are. Throws Refused. */
export function limitVariables(variables: unknown): void {
  let level: unknown[] = [variables]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > deepestValue) throw tooMuch(`Variables nest at most ${deepestValue} deep`)
    level = level.flatMap((value) => (value !== null && typeof value === 'object' ? Object.values(value) : []))
  }
}
