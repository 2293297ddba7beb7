import type { Jid } from '../../jid/jid.ts'
import { defineModule } from '../../module/define.ts'
import { removeAccount } from '../../router/accounts.ts'
import { strangerAsks, streamFeatures } from '../../router/events.ts'
import type { IqHandler } from '../../router/iq-registry.ts'
import { StanzaError } from '../../stanza/stanza-error.ts'
import { mustAccept } from '../../storage/must-accept.ts'
import { letRun } from '../../util/settled.ts'
import { el } from '../../xml/element.ts'
import { form, isComplete, isRemoval, registerNs } from './form.ts'
import { options } from './options.ts'
import { accountName, Registrar } from './registrar.ts'

export default defineModule({
  name: 'mod_register',
  about: 'Lets people make accounts, change passwords and remove accounts from their client.',
  xeps: [{ xep: 77, version: '2.4' }],
  inCluster: true,
  options,
  setup({ host, iq, on, options, clock, accounts, log, db, limitReached }) {
    const registrar = new Registrar(host, options, log, limitReached)

    const remove = (user: Jid) =>
      letRun(
        () => removeAccount(host, user),
        (error) => log.error({ what: 'account_removal_failed', jid: user.full, reason: error }),
      )
    const get: IqHandler = async ({ from }) => form((await accounts.exists(from.bare)) ? from.local : undefined)
    const set: IqHandler = async ({ payload, from }, session) => {
      if (isRemoval(payload)) {
        if (!registrar.mayChange(from.bare)) throw new StanzaError('not-allowed')
        mustAccept(db)
        // In a later turn: the result goes out before the stream ends.
        clock.after(0, () => remove(from.bare))
        return undefined
      }
      if (accountName(payload, from.domain).full === from.bareString)
        await registrar.changePassword(from.bare, payload, session)
      else
        await registrar.register(payload, from.domain, {
          key: session?.info.address ?? from.bareString,
          address: session?.info.address ?? '',
        })
      return payload
    }
    for (const handle of [iq.server, iq.account]) {
      handle('get', registerNs, 'query', get)
      handle('set', registerNs, 'query', set)
    }

    on(streamFeatures, 'main', ({ state }) =>
      state === 'beforeSignIn' ? el('register', 'http://jabber.org/features/iq-register') : undefined,
    )
    on(strangerAsks, 'main', async ({ request, domain, address, connection }) => {
      const query = request.child('query', registerNs)
      if (query === undefined) return undefined
      if (request.attr('type') === 'get') return form(undefined)
      if (!isComplete(query)) throw new StanzaError('bad-request')
      await registrar.register(query, domain, { key: address, address, connection })
      return query
    })
  },
})
