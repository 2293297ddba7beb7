import { z } from 'zod'
import { defineModule } from '../../module/define.ts'
import { sasl2Profile } from '../../protocol/sasl2/profile.ts'
import { sasl2Features, sasl2Mechanisms, sasl2Starts, sasl2Tasks, saslProfiles } from '../../router/sign-in-events.ts'
import { upgrades, upgradesFor } from './scram-upgrade.ts'

export default defineModule({
  name: 'mod_sasl2',
  about: 'Lets clients sign in, and ask for what they need, in one round trip.',
  xeps: [
    { xep: 388, version: '1.0.4' },
    { xep: 480, version: '0.2.0' },
  ],
  inCluster: true,
  options: z.strictObject({}),
  setup({ host, on, accounts, log }) {
    const { hooks } = host
    const profile = sasl2Profile({
      inline: (connection) => hooks.gatherNow(sasl2Features, { host, connection }),
      upgrades: () => (accounts.canAddKeys ? [...upgrades.keys()] : []),
      unlisted: (connection) => hooks.gatherNow(sasl2Mechanisms, { host, connection }).flat(),
      check: (request) => hooks.runNow(sasl2Starts, { host, request }),
      tasks: async (login) => (await hooks.gather(sasl2Tasks, { host, login })).flat(),
    })
    on(saslProfiles, 'main', () => profile)
    on(sasl2Tasks, 'main', ({ login }) =>
      upgradesFor(login, accounts, (error) => log.error({ what: 'key_upgrade_failed', reason: error })),
    )
  },
})
