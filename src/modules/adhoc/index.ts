import { z } from 'zod'
import { defineModule } from '../../module/define.ts'
import { sessionEnds } from '../../router/events.ts'
import { NS } from '../../stanza/namespaces.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { type DiscoInfo, type DiscoItem, type DiscoQuery, discoInfo, discoItems } from '../disco/api.ts'
import { type AdhocCommand, type AdhocScope, adhocCommands } from './api.ts'
import { AdhocDesk } from './desk.ts'
import { commandsNs } from './format.ts'

const listName = 'Commands'

const ping: AdhocCommand = {
  node: 'ping',
  name: 'Ping',
  isSimple: true,
  run: () => ({ note: { type: 'info', text: 'Pong' } }),
}

export default defineModule({
  name: 'mod_adhoc',
  about: 'Lets clients run commands of the server and of accounts, step by step.',
  xeps: [{ xep: 50, version: '1.3.0' }],
  inCluster: true,
  options: z.strictObject({
    report_commands_node: z
      .boolean()
      .default(false)
      .describe('Whether the list of commands stands among the items of the server and of accounts.')
      .meta({ reload: 'live' }),
  }),
  needs: ['mod_disco'],
  otherIqs: 'bad-request',
  setup({ host, iq, on, options, clock, every }) {
    const commandsOf = (at: AdhocScope['at']): AdhocCommand[] =>
      host.hooks.gatherNow(adhocCommands, { host, at }).flat()
    const find = (at: AdhocScope['at'], node: string) => commandsOf(at).find((command) => command.node === node)
    const desk = new AdhocDesk(clock, find)

    iq.server('set', commandsNs, 'command', (request) => desk.answer('server', request))
    iq.account.open('set', commandsNs, 'command', (request) => desk.answer('account', request))
    for (const handle of [iq.server, iq.account.open]) {
      handle('get', commandsNs, 'command', () => {
        throw new StanzaError('bad-request')
      })
    }
    on(adhocCommands, 'main', ({ at }) => (at === 'server' ? [ping] : undefined))
    on(sessionEnds, 'main', ({ session }) => desk.runs.dropOf(session.jid))
    every(60_000, () => desk.runs.sweep())

    on(discoInfo, 'main', (query): DiscoInfo | undefined => {
      if (query.node === '') return undefined
      if (query.node === commandsNs) {
        return {
          identities: [{ category: 'automation', type: 'command-list', name: listName }],
          features: [commandsNs],
        }
      }
      const command = find(query.at, query.node)
      if (command === undefined) return undefined
      if (!isFor(command, query)) return { refusal: 'forbidden' }
      const identity = { category: 'automation', type: 'command-node', name: command.name }
      return { identities: [identity], features: command.isSimple === true ? [commandsNs] : [commandsNs, NS.forms] }
    })
    on(discoItems, 'main', (query): readonly DiscoItem[] | undefined => {
      const jid = query.to.full
      const { node, at } = query
      if (node === '') return options.report_commands_node ? [{ jid, node: commandsNs, name: listName }] : undefined
      if (node === commandsNs) {
        const shown = commandsOf(at).filter((command) => isFor(command, query))
        return shown.map((command) => ({ jid, node: command.node, name: command.name }))
      }
      return find(at, node) === undefined ? undefined : []
    })
  },
})

function isFor(command: AdhocCommand, { from, to }: DiscoQuery): boolean {
  return command.isFor?.({ from, to }) !== false
}
