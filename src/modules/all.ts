import type { AnyModule } from '../module/define.ts'
import bind2 from './bind2/index.ts'
import caps from './caps/index.ts'
import disco from './disco/index.ts'
import fastAuthToken from './fast-auth-token/index.ts'
import last from './last/index.ts'
import muc from './muc/index.ts'
import mucLog from './muc-log/index.ts'
import offline from './offline/index.ts'
import ping from './ping.ts'
import presence from './presence/index.ts'
import privateStorage from './private.ts'
import register from './register/index.ts'
import roster from './roster/index.ts'
import sasl2 from './sasl2/index.ts'
import sic from './sic.ts'
import streamManagement from './stream-management/index.ts'
import time from './time.ts'
import vcard from './vcard/index.ts'
import version from './version.ts'

/** Every module that comes with the server. */
export const allModules: readonly AnyModule[] = [
  bind2,
  caps,
  disco,
  fastAuthToken,
  last,
  muc,
  mucLog,
  offline,
  ping,
  presence,
  privateStorage,
  register,
  roster,
  sasl2,
  sic,
  streamManagement,
  time,
  vcard,
  version,
]
