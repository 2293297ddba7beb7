import { z } from 'zod'
import { defineModule } from '../module/define.ts'

// The API looks whether it runs.
export default defineModule({
  name: 'mod_muc_light_commands',
  about: 'Serves MUC Light rooms in the REST API of MongooseIM 4.0 (`mongoose_api_admin`).',
  xeps: [],
  options: z.strictObject({}),
  setup() {},
})
