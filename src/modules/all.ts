import type { AnyModule } from '../module/define.ts'
import adhoc from './adhoc/index.ts'
import amp from './amp/index.ts'
import announce from './announce/index.ts'
import authToken from './auth-token/index.ts'
import bind2 from './bind2/index.ts'
import blocking from './blocking/index.ts'
import blocklist from './blocklist/index.ts'
import broadcast from './broadcast/index.ts'
import cacheUsers from './cache-users/index.ts'
import caps from './caps/index.ts'
import carboncopy from './carboncopy/index.ts'
import clientAccess from './client-access/index.ts'
import commands from './commands.ts'
import csi from './csi/index.ts'
import disco from './disco/index.ts'
import domainIsolation from './domain-isolation.ts'
import eventPusher from './event-pusher/index.ts'
import extdisco from './extdisco/index.ts'
import externalFilter from './external-filter/index.ts'
import fastAuthToken from './fast-auth-token/index.ts'
import httpUpload from './http-upload/index.ts'
import inbox from './inbox/index.ts'
import inboxCommands from './inbox-commands.ts'
import invites from './invites/index.ts'
import keystore from './keystore/index.ts'
import last from './last/index.ts'
import mam from './mam/index.ts'
import muc from './muc/index.ts'
import mucCommands from './muc-commands.ts'
import mucLight from './muc-light/index.ts'
import mucLightCommands from './muc-light-commands.ts'
import mucLog from './muc-log/index.ts'
import offline from './offline/index.ts'
import offlineChatmarkers from './offline-chatmarkers/index.ts'
import offlineStub from './offline-stub.ts'
import ping from './ping.ts'
import presence from './presence/index.ts'
import privacy from './privacy/index.ts'
import privateStorage from './private/index.ts'
import pubsub from './pubsub/index.ts'
import pubsubOld from './pubsub/old.ts'
import pushService from './push-service/index.ts'
import pushServiceMongoosepush from './push-service-mongoosepush.ts'
import register from './register/index.ts'
import reports from './reports/index.ts'
import revproxy from './revproxy/index.ts'
import roster from './roster/index.ts'
import sasl2 from './sasl2/index.ts'
import serviceAdmin from './service-admin/index.ts'
import sharedRosterLdap from './shared-roster-ldap/index.ts'
import sic from './sic.ts'
import smartMarkers from './smart-markers/index.ts'
import stanzaid from './stanzaid/index.ts'
import streamManagement from './stream-management/index.ts'
import time from './time.ts'
import vcard from './vcard/index.ts'
import version from './version.ts'

/** Every module that comes with the server. */
export const allModules: readonly AnyModule[] = [
  adhoc,
  amp,
  announce,
  authToken,
  bind2,
  blocking,
  blocklist,
  broadcast,
  cacheUsers,
  caps,
  carboncopy,
  clientAccess,
  commands,
  csi,
  disco,
  domainIsolation,
  eventPusher,
  extdisco,
  externalFilter,
  fastAuthToken,
  httpUpload,
  inbox,
  inboxCommands,
  invites,
  keystore,
  last,
  mam,
  muc,
  mucCommands,
  mucLight,
  mucLightCommands,
  mucLog,
  offline,
  offlineChatmarkers,
  offlineStub,
  ping,
  presence,
  privacy,
  privateStorage,
  pushService,
  pushServiceMongoosepush,
  pubsub,
  pubsubOld,
  register,
  reports,
  revproxy,
  roster,
  sasl2,
  serviceAdmin,
  sharedRosterLdap,
  sic,
  smartMarkers,
  stanzaid,
  streamManagement,
  time,
  vcard,
  version,
]
