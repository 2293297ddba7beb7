import { describe, expect, it } from 'vitest'
import { coreCommands } from '../../src/admin/commands/all.ts'
import { doneByUser } from '../../src/admin/graphql/own-account.ts'
import { makeSchema } from '../../src/admin/graphql/schema.ts'
import { operationsOf } from '../../src/admin/graphql/tags.ts'
import { allModules } from '../../src/modules/all.ts'
import { disagreements } from '../support/graphql-agreement.ts'

const ofModules = allModules.flatMap(({ name, commands = [] }) => commands.map((each) => [each, name] as const))
const commands = new Map([...coreCommands, ...ofModules.map(([each]) => each)].map((each) => [each.name, each]))
const owners = new Map(ofModules.map(([each, owner]) => [each.name, owner]))

/** Operations that wait for parts of the server that are not there yet; they answer `deps_not_loaded`. */
const later = new Set(['server.getCookie', 'server.removeNode'])

/** An argument that may be left out in the schema, where nothing could be sent. */
const known = ['stanza.sendStanza.stanza: the command cannot do without']

describe('operations and the commands behind them', () => {
  const admin = operationsOf(makeSchema('admin')).filter(({ kind }) => kind !== 'subscription')
  const user = operationsOf(makeSchema('user')).filter(({ kind }) => kind !== 'subscription')

  it('agree about arguments and answers: administrators', () => {
    const found = admin.flatMap((operation) => {
      const command = commands.get(operation.name)
      if (command !== undefined) return disagreements(operation, command)
      return later.has(operation.name) ? [] : [`${operation.name}: no command`]
    })
    expect(found).toEqual(known)
  })

  it('agree about arguments and answers: users, with their own account filled in', () => {
    const found = user.flatMap((operation) => {
      const done = doneByUser(operation.name)
      const command = commands.get(done.command)
      if (command === undefined) return later.has(operation.name) ? [] : [`${operation.name}: no command`]
      if (command.scope !== 'user') return [`${operation.name}: not for users`]
      return disagreements(operation, command, done)
    })
    expect(found).toEqual(known)
  })

  it('need the module that the command is of', () => {
    const found = admin.flatMap(({ name, uses }) => {
      const owner = owners.get(name)
      // The archive is named by what it keeps.
      const isNamed = owner === undefined || owner === 'mod_mam' || uses.modules.includes(owner)
      return isNamed ? [] : [`${name} of ${owner}`]
    })
    expect(found).toEqual([])
  })
})
