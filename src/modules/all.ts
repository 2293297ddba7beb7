import type { AnyModule } from '../module/define.ts'
import disco from './disco/index.ts'
import offline from './offline/index.ts'
import ping from './ping.ts'
import presence from './presence/index.ts'
import privateStorage from './private.ts'
import register from './register/index.ts'
import roster from './roster/index.ts'
import time from './time.ts'
import version from './version.ts'

/** Every module that comes with the server. */
export const allModules: readonly AnyModule[] = [
  disco,
  offline,
  ping,
  presence,
  privateStorage,
  register,
  roster,
  time,
  version,
]
