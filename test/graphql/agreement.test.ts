import { describe, expect, it } from 'vitest'
import { coreCommands } from '../../src/admin/commands/all.ts'
import { makeSchema } from '../../src/admin/graphql/schema.ts'
import { operationsOf } from '../../src/admin/graphql/tags.ts'
import type { Command } from '../../src/module/command.ts'
import { allModules } from '../../src/modules/all.ts'
import { disagreements } from '../support/graphql-agreement.ts'

const modules = allModules.flatMap(({ name, commands = [] }) => commands.map((each) => [each, name] as const))
const commands = new Map([...coreCommands, ...modules.map(([each]) => each)].map((each) => [each.name, each]))

describe('the schema for administrators', () => {
  const operations = operationsOf(makeSchema('admin')).filter(({ kind }) => kind !== 'subscription')

  it('has the arguments and answers of the commands behind it', () => {
    const found = operations.flatMap((operation) => {
      const command = commands.get(operation.name) as Command<never> | undefined
      return command === undefined ? [`${operation.name}: no command`] : disagreements(operation, command)
    })
    expect(found).toEqual([])
  })
})
