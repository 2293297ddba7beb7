/** Domains, metrics and the server itself. */
export const serverTypes = `
type Domain {
  domain: DomainName
  hostType: String
  status: DomainStatus
}

type DomainWithType {
  domain: DomainName
  hostType: String
  status: DomainStatus
  type: DomainType
}

enum DomainStatus {
  ENABLED
  DISABLED
  DELETING
  DELETED
}

enum DomainType {
  STATIC
  DYNAMIC
}

type FileUrls {
  putUrl: String
  getUrl: String
  headers: [Header]
}

type Header {
  name: String
  value: String
}

type CETSTableInfo {
  tableName: String
  memory: Int
  size: Int
  nodes: [String]
}

type CETSSystemInfo {
  availableNodes: [String]
  unavailableNodes: [String]
  joinedNodes: [String]
  discoveredNodes: [String]
  remoteNodesWithoutDisco: [String]
  remoteNodesWithUnknownTables: [String]
  remoteUnknownTables: [String]
  remoteNodesWithMissingTables: [String]
  remoteMissingTables: [String]
  conflictNodes: [String]
  conflictTables: [String]
  discoveryWorks: Boolean
}

type Service {
  host: DomainName!
  type: NonEmptyString!
  port: NonNegInt
  transport: NonEmptyString
  username: NonEmptyString
  password: NonEmptyString
  expires: PosInt
}

enum MetricType {
  histogram
  counter
  spiral
  gauge
}

union MetricResult = HistogramMetric | CounterMetric | SpiralMetric | GaugeMetric

type HistogramMetric {
  name: [String]
  type: MetricType
  n: Int
  mean: Int
  min: Int
  max: Int
  median: Int
  p50: Int
  p75: Int
  p90: Int
  p95: Int
  p99: Int
  p999: Int
}

type CounterMetric {
  name: [String]
  type: MetricType
  value: Int
  ms_since_reset: Int
}

type GaugeMetric {
  name: [String]
  type: MetricType
  value: Int
}

type SpiralMetric {
  name: [String]
  type: MetricType
  one: Int
  count: Int
}

type MetricDictEntry {
  key: String
  value: Int
}

type MetricDictResult {
  name: [String]
  dict: [MetricDictEntry]
}

type MetricNodeResult {
  node: String
  result: [MetricDictResult]
}

union MnesiaInfo = MnesiaStringResponse | MnesiaListResponse | MnesiaIntResponse

type MnesiaStringResponse {
  result: String
  key: String
}

type MnesiaListResponse {
  result: [String]
  key: String
}

type MnesiaIntResponse {
  result: Int
  key: String
}

type Status {
  statusCode: StatusCode
  message: String
  version: String
  commitHash: String
}

enum StatusCode {
  RUNNING
  NOT_RUNNING
}

enum LogLevel {
  NONE
  EMERGENCY
  ALERT
  CRITICAL
  ERROR
  WARNING
  NOTICE
  INFO
  DEBUG
  ALL
}

type ModuleOption {
  key: String!
  value: String
}

type ModuleInfo {
  name: String!
  options: [ModuleOption!]!
}

type ServiceInfo {
  name: String!
}

type GlobalInfo {
  services: [ServiceInfo!]!
  internalDatabases: [String!]!
}

type HostTypeInfo {
  name: String!
  modules: [ModuleInfo!]!
  authMethods: [String!]!
}

type GlobalStats {
  uptimeSeconds: Int
  registeredUsers: Int
  onlineUsersNode: Int
  onlineUsers: Int
  incomingS2S: Int
  outgoingS2S: Int
}

type DomainStats {
  registeredUsers: Int
  onlineUsers: Int
}
`
