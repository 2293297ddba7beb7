import { defineModule } from '../../module/define.ts'
import { pubsubOptions } from './options.ts'

/** Stands for the older name of the full profile: all is done by `mod_pubsub`, which reads this section too. */
export default defineModule({
  name: 'mod_pubsub_old',
  about: 'The publish-subscribe service as it was named for some time; see `mod_pubsub`.',
  xeps: [],
  options: pubsubOptions,
  needs: ['mod_pubsub'],
  setup() {},
})
