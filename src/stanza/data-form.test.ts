import { describe, expect, it } from 'vitest'
import { parseElement } from '../xml/parse.ts'
import { serialise } from '../xml/serialise.ts'
import { fromWire } from '../xml/wire.ts'
import { checkForm, type FormField, faultsOf, formElement, readForm, readSubmittedForm } from './data-form.ts'

const ns = `xmlns='jabber:x:data'`
const written = (content: Parameters<typeof formElement>[0]) => fromWire(serialise(formElement(content)))
const submitted = (fields: string) => readForm(parseElement(`<x ${ns} type='submit'>${fields}</x>`))

describe('writing a form', () => {
  it('puts title, instructions and FORM_TYPE before the fields', () => {
    expect(
      written({
        type: 'form',
        title: 'Search',
        instructions: ['Fill in', 'what you know'],
        formType: 'jabber:iq:search',
        fields: [{ var: 'last', type: 'text-single', label: 'Family Name', isRequired: true, desc: 'As on the door' }],
      }),
    ).toBe(
      `<x ${ns} type='form'><title>Search</title><instructions>Fill in</instructions>` +
        `<instructions>what you know</instructions>` +
        `<field var='FORM_TYPE' type='hidden'><value>jabber:iq:search</value></field>` +
        `<field var='last' type='text-single' label='Family Name'><desc>As on the door</desc><required/></field></x>`,
    )
  })

  it('writes options, and a table of results', () => {
    const mood = {
      var: 'mood',
      type: 'list-single',
      options: [{ value: 'fine', label: 'Fine' }, { value: 'so' }],
    } as const
    expect(written({ type: 'form', fields: [mood] })).toBe(
      `<x ${ns} type='form'><field var='mood' type='list-single'><option label='Fine'><value>fine</value></option>` +
        `<option><value>so</value></option></field></x>`,
    )
    const row = [{ var: 'jid', values: ['a@b'] }]
    expect(
      written({ type: 'result', reported: [{ var: 'jid', type: 'jid-single', label: 'Jabber ID' }], items: [row] }),
    ).toBe(
      `<x ${ns} type='result'><reported><field var='jid' type='jid-single' label='Jabber ID'/></reported>` +
        `<item><field var='jid'><value>a@b</value></field></item></x>`,
    )
  })
})

describe('reading a form', () => {
  it('gives back what was written', () => {
    const fields: FormField[] = [
      { var: 'a', type: 'text-multi', label: 'A', values: ['1', '2'] },
      { var: 'b', type: 'list-multi', values: [], options: [{ value: 'x', label: 'X' }] },
    ]
    const form = readForm(formElement({ type: 'form', formType: 'urn:f', fields }))
    expect(form.type).toBe('form')
    expect(form.formType).toBe('urn:f')
    expect(form.fields.slice(1)).toMatchObject(fields)
    expect(form.values('a')).toEqual(['1', '2'])
    expect(form.value('b')).toBeUndefined()
  })

  it('refuses what is not a form, and what is not the one asked for', () => {
    const condition = { condition: 'bad-request' }
    expect(() => readForm(undefined)).toThrow(expect.objectContaining(condition))
    expect(() => readForm(parseElement(`<x xmlns='urn:x' type='submit'/>`))).toThrow(expect.objectContaining(condition))
    expect(() => readForm(parseElement(`<x ${ns} type='other'/>`))).toThrow(expect.objectContaining(condition))
    expect(() => readSubmittedForm(parseElement(`<x ${ns} type='form'/>`))).toThrow(expect.objectContaining(condition))
    const other = formElement({ type: 'submit', formType: 'urn:other' })
    expect(() => readSubmittedForm(other, 'urn:f')).toThrow(expect.objectContaining(condition))
    expect(readSubmittedForm(formElement({ type: 'submit' }), 'urn:f').fields).toEqual([])
  })

  it('knows booleans and addresses', () => {
    const form = submitted(
      `<field var='yes'><value>1</value></field><field var='no'><value>false</value></field>` +
        `<field var='who'><value>A@b/c</value></field><field var='bad'><value>@</value></field>`,
    )
    expect(form.boolean('yes')).toBe(true)
    expect(form.boolean('no')).toBe(false)
    expect(form.boolean('none')).toBeUndefined()
    expect(form.jid('who')?.full).toBe('a@b/c')
    expect(() => form.boolean('bad')).toThrow(expect.objectContaining({ condition: 'not-acceptable' }))
    expect(() => form.jid('bad')).toThrow(expect.objectContaining({ condition: 'not-acceptable' }))
  })
})

describe('checking a form that was filled in', () => {
  const asked: FormField[] = [
    { var: 'name', type: 'text-single', isRequired: true },
    { var: 'open', type: 'boolean' },
    { var: 'owners', type: 'jid-multi' },
    { var: 'mood', type: 'list-single', options: [{ value: 'fine' }] },
    { type: 'fixed', values: ['Text'] },
  ]
  const field = (name: string, ...values: string[]) =>
    `<field var='${name}'>${values.map((value) => `<value>${value}</value>`).join('')}</field>`

  it('takes what fits, and passes over what was not asked', () => {
    const form = submitted(
      field('name', 'x') + field('open', '0') + field('owners', 'a@b', 'c@d') + field('other', 'x'),
    )
    expect(faultsOf(form, asked)).toEqual([])
    expect(() => checkForm(form, asked)).not.toThrow()
  })

  it('names every fault', () => {
    const form = submitted(
      field('name', '') + field('open', 'maybe') + field('owners', 'a@b', '@') + field('mood', 'sad'),
    )
    expect(() => checkForm(form, asked)).toThrow(
      'name: missing, open: malformed, owners: malformed, mood: not an option',
    )
    expect(faultsOf(submitted(field('name', 'a', 'b')), asked)).toEqual([{ var: 'name', fault: 'more than one value' }])
  })
})
