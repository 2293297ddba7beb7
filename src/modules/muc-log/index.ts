import { defineModule } from '../../module/define.ts'
import { TextFiles } from '../../storage/text-files.ts'
import { mucApi, roomEvent, roomSwitch } from '../muc/api.ts'
import { LogDesk } from './log-desk.ts'
import { options } from './options.ts'

export default defineModule({
  name: 'mod_muc_log',
  about: 'Writes what is said in rooms to files that people can read.',
  xeps: [],
  needs: ['mod_muc'],
  options,
  setup({ host, options, use, on, onStop, clock, log }) {
    const files = new TextFiles()
    const desk = new LogDesk(options, files, (error) => log.error({ what: 'muc_log_failed', reason: error }))
    onStop(() => files.idle())
    const remove = use(mucApi).addFeature({
      fields: [
        roomSwitch('muc#roomconfig_enablelogging', 'Discussions are logged', 'isLogged', {
          isFor: (_room, who) => host.access.allows(options.access_log, who, host.type),
        }),
      ],
      // XEP-0045 §7.2.12: whoever enters is warned.
      entryCodes: ({ config }) => (config.isLogged ? [170] : []),
      changeCodes: (before, after) => (before.isLogged === after.isLogged ? [] : [after.isLogged ? 170 : 171]),
    })
    onStop(remove)
    on(roomEvent, 'main', (happening) => desk.note(happening, clock.now()))
  },
})
