import { z } from 'zod'
import type { Jid } from '../../jid/jid.ts'
import { defineModule } from '../../module/define.ts'
import { once } from '../../util/once.ts'
import { letRun } from '../../util/settled.ts'
import type { Element } from '../../xml/element.ts'
import { type AdhocCall, adhocCommands } from '../adhoc/api.ts'
import { vcardApi } from '../vcard/api.ts'
import { accountCommands } from './accounts.ts'
import { adhocFrom } from './admin-command.ts'
import { messageCommands } from './messages.ts'
import { Operations } from './operations.ts'
import { serviceCommands } from './service.ts'
import { statisticsCommands } from './statistics.ts'

export default defineModule({
  name: 'mod_service_admin',
  about: 'Lets administrators manage the service from their client.',
  xeps: [{ xep: 133, version: '1.3.1' }],
  options: z.strictObject({
    acl: z
      .string()
      .min(1)
      .default('admin')
      .describe(
        'Class of the `acl` section whose users may do so on the domain; restart and shutdown are for those who are of this class on every domain.',
      )
      .meta({ reload: 'live' }),
  }),
  needs: ['mod_adhoc'],
  setup({ host, on, options, commands, clock, log, onStop, find }) {
    const isAdmin = ({ from }: AdhocCall, domain: string) => host.access.isOfClass(options.acl, from, domain)
    const isFor = (call: AdhocCall, isGlobal: boolean) =>
      isAdmin(call, call.to.domain) && (!isGlobal || host.config.general.hosts.every((name) => isAdmin(call, name)))
    const later = (seconds: number, work: () => Promise<unknown>) => {
      const timer = clock.after(seconds * 1000, () =>
        letRun(work, (error) => log.error({ what: 'service_command_failed', reason: error })),
      )
      onStop(() => timer.cancel())
    }
    const means = {
      operations: new Operations(commands),
      saveCard: async (user: Jid, card: Element) => find(vcardApi)?.set(user, card),
    }
    const adhoc = once(() =>
      [...accountCommands, ...statisticsCommands, ...messageCommands, ...serviceCommands(later)].map((command) =>
        adhocFrom(command, means, isFor),
      ),
    )
    on(adhocCommands, 'main', ({ at }) => (at === 'server' ? adhoc() : undefined))
  },
})
