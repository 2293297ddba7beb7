// What the package `meerkat` offers to other programs: a server to start, and what modules are written with.

export { z } from 'zod'
export {
  address,
  domainName,
  duration,
  filePath,
  hostTemplate,
  intOrInfinity,
  ipAddress,
  oneOf,
  port,
  ruleName,
  shaperName,
  uniqueList,
} from './config/option.ts'
export { ConfigErrors, type Notice, type Problem } from './config/problem.ts'
export type { Config, ConfigValue } from './config/schema.ts'
export { createServer, type EmbeddedServer, type EmbedOptions, type ReloadResult } from './embed.ts'
export { chain, collect, type Hook } from './hooks/hook.ts'
export type { Answer, Placement } from './hooks/hook-table.ts'
export { Jid } from './jid/jid.ts'
export { JidError } from './jid/jid-error.ts'
export { type ModuleApi, moduleApi } from './module/api.ts'
export { type Command, command } from './module/command.ts'
export { CommandError } from './module/command-error.ts'
export type { IqContext, ModuleContext, RegisterIq } from './module/context.ts'
export { type AnyModule, defineModule, type ModuleDeclaration, tables, type XepSupport } from './module/define.ts'
export type { ModuleServices } from './module/module-commands.ts'
export type { ServicePlan, ServicePoint, ServiceReceiver } from './module/subdomain.ts'
export { type DiscoInfo, type DiscoItem, type DiscoQuery, discoInfo, discoItems } from './modules/disco/api.ts'
export { type Raised, type ServerEvent, serverEvent } from './modules/event-pusher/api.ts'
export { createLogger, type Logger, type LoggerOptions } from './observe/logger.ts'
export { MemoryLog } from './observe/memory-log.ts'
export type { Metrics } from './observe/metrics.ts'
export {
  type AccountReceives,
  accountReceives,
  accountReceivesPresence,
  type DeliveryOutcome,
  deliveryOutcome,
  type ExportedPart,
  exportsUser,
  filterPacket,
  type Imported,
  type ImportedElement,
  importsUser,
  type Offline,
  offline,
  personalData,
  type RoomAccess,
  type Routed,
  roomAccess,
  type SessionAvailable,
  type SessionEnds,
  type SessionEvent,
  type SessionReceives,
  type StorageForecast,
  sessionAvailable,
  sessionEnds,
  sessionOpens,
  sessionReceives,
  storageForecast,
  streamFeatures,
  type UserEvent,
  type UserSends,
  userRegistered,
  userRemoved,
  userSends,
  userSendsPresence,
} from './router/events.ts'
export type { Host } from './router/host.ts'
export type { IqHandler, IqRequest } from './router/iq-registry.ts'
export { type SessionKey, sessionKey } from './router/keys.ts'
export { type PushNotification, type PushOutcome, pushNotifications } from './router/push-events.ts'
export type { Session } from './router/session.ts'
export type { OpenPort } from './server/port.ts'
export type { StanzaHead } from './stanza/head.ts'
export { NS } from './stanza/namespaces.ts'
export { Stanza } from './stanza/stanza.ts'
export { type ErrorCondition, StanzaError } from './stanza/stanza-error.ts'
export { StreamError } from './stanza/stream-error.ts'
export type { Database, Migration } from './storage/database.ts'
export { type Clock, FakeClock, systemClock, type Timer } from './util/clock.ts'
export { Element, el } from './xml/element.ts'
export { parseElement } from './xml/parse.ts'
