import type { AnyModule } from '../module/define.ts'
import bind2 from './bind2/index.ts'
import blocking from './blocking/index.ts'
import blocklist from './blocklist/index.ts'
import caps from './caps/index.ts'
import disco from './disco/index.ts'
import domainIsolation from './domain-isolation.ts'
import externalFilter from './external-filter/index.ts'
import fastAuthToken from './fast-auth-token/index.ts'
import last from './last/index.ts'
import offline from './offline/index.ts'
import ping from './ping.ts'
import presence from './presence/index.ts'
import privacy from './privacy/index.ts'
import privateStorage from './private/index.ts'
import pubsub from './pubsub/index.ts'
import pubsubOld from './pubsub/old.ts'
import register from './register/index.ts'
import reports from './reports/index.ts'
import roster from './roster/index.ts'
import sasl2 from './sasl2/index.ts'
import sharedRosterLdap from './shared-roster-ldap/index.ts'
import sic from './sic.ts'
import streamManagement from './stream-management/index.ts'
import time from './time.ts'
import vcard from './vcard/index.ts'
import version from './version.ts'

/** Every module that comes with the server. */
export const allModules: readonly AnyModule[] = [
  bind2,
  blocking,
  blocklist,
  caps,
  disco,
  domainIsolation,
  externalFilter,
  fastAuthToken,
  last,
  offline,
  ping,
  presence,
  privacy,
  privateStorage,
  pubsub,
  pubsubOld,
  register,
  reports,
  roster,
  sasl2,
  sharedRosterLdap,
  sic,
  streamManagement,
  time,
  vcard,
  version,
]
