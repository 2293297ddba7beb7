import { describe, expect, it } from 'vitest'
import { readTemplate } from './template.ts'

const shown = (text: string) => readTemplate(text).map(({ jid, name, groups }) => [jid.full, name, ...groups])

describe('a list of contacts in a file', () => {
  it('is JSON', () => {
    const text = '[{"jid": "bob@a.example", "name": "Bob", "groups": ["x", "y"]}, {"jid": "eve@a.example"}]'
    expect(shown(text)).toEqual([
      ['bob@a.example', 'Bob', 'x', 'y'],
      ['eve@a.example', ''],
    ])
    expect(shown('[]')).toEqual([])
  })

  it('is Erlang terms as MongooseIM 4 reads them', () => {
    const text = `% colleagues
[
  {<<"bob">>, <<"a.example">>, <<"workers">>, <<"Bob \\"B\\" 1">>}, % the first
  {"eve", "a.example", "", "Eve"},
  {<<"jürgen"/utf8>>, <<"a.example">>, <<"[x], {y}.">>, <<"J">>}
].
`
    expect(shown(text)).toEqual([
      ['bob@a.example', 'Bob "B" 1', 'workers'],
      ['eve@a.example', 'Eve'],
      ['jürgen@a.example', 'J', '[x], {y}.'],
    ])
    expect(shown('[].')).toEqual([])
  })

  it('is told what is wrong with it', () => {
    const wrong = {
      'no list': ['', 'hello', '{"jid": "bob@a.example"}'],
      'user, a domain, a group and a name': ['[{"bob", "a.example"}].', '[{}].', '[{"bob", {"x"}, "", ""}].'],
      missing: ['[{"bob", "a.example", "", ""}]', '[{"a", "b", "c", "d"} {"a", "b", "c", "d"}].'],
      'after its end': ['[]. []'],
      'no address': ['[{"jid": "a.example"}]', '[{"", "a.example", "", ""}].', '[{"jid": "bob@a.example/home"}]'],
      'each needs': ['[{"name": "Bob"}]', '[{"jid": "bob@a.example", "groups": "x"}]'],
      JSON: ['[{"jid": "bob@a.example"'],
    }
    for (const [reason, texts] of Object.entries(wrong)) {
      for (const text of texts) expect(() => readTemplate(text), text).toThrow(reason === 'no list' ? 'list' : reason)
    }
  })
})
