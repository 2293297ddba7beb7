/** What administrators do with domains and with the server itself. */
export const adminServer = `
type DomainAdminQuery @protected @use(services: ["service_domain_db"]) {
  domainsByHostType(hostType: String!): [DomainName!] @protected(type: GLOBAL)
  allDomains: [DomainWithType!] @protected(type: GLOBAL)
  domainDetails(domain: DomainName!): DomainWithType @protected(type: DOMAIN, args: ["domain"])
}

type DomainAdminMutation @protected @use(services: ["service_domain_db"]) {
  addDomain(domain: DomainName!, hostType: String!): Domain @protected(type: GLOBAL)
  removeDomain(domain: DomainName!, hostType: String!): Domain @protected(type: GLOBAL)
  requestRemoveDomain(domain: DomainName!, hostType: String!): Domain @protected(type: GLOBAL)
  enableDomain(domain: DomainName!): Domain @protected(type: GLOBAL)
  disableDomain(domain: DomainName!): Domain @protected(type: GLOBAL)
  setDomainPassword(domain: DomainName!, password: NonEmptyString!): String @protected(type: DOMAIN, args: ["domain"])
  deleteDomainPassword(domain: DomainName!): String @protected(type: GLOBAL)
}

type HttpUploadAdminMutation @protected @use(modules: ["mod_http_upload"]) {
  getUrl(domain: DomainName!, filename: NonEmptyString!, size: PosInt!, contentType: String, timeout: PosInt!): FileUrls @protected(type: DOMAIN, args: ["domain"])
}

type ExternalServicesAdminMutation @protected @use(modules: ["mod_extdisco"]) {
  getServices(domain: DomainName!, type: NonEmptyString): [Service] @protected(type: DOMAIN, args: ["domain"])
}

type MetricAdminQuery @protected {
  getMetrics(name: [String]): [MetricResult] @protected(type: GLOBAL)
  getMetricsAsDicts(name: [String], keys: [String]): [MetricDictResult] @protected(type: GLOBAL)
  getClusterMetricsAsDicts(name: [String], keys: [String], nodes: [String]): [MetricNodeResult] @protected(type: GLOBAL)
}

type StatsAdminQuery @protected {
  globalStats: GlobalStats @protected(type: GLOBAL)
  domainStats(domain: DomainName!): DomainStats @protected(type: DOMAIN, args: ["domain"])
}

type MnesiaAdminQuery @protected @use(internal_databases: ["mnesia"]) {
  systemInfo(keys: [String!]): [MnesiaInfo] @protected(type: GLOBAL)
}

type MnesiaAdminMutation @protected @use(internal_databases: ["mnesia"]) {
  setMaster(node: NodeName!): String @protected(type: GLOBAL)
  changeNodename(fromString: NodeName!, toString: NodeName!, source: String!, target: String!): String @protected(type: GLOBAL)
  backup(path: String!): String @protected(type: GLOBAL)
  restore(path: String!): String @protected(type: GLOBAL)
  dump(path: String!): String @protected(type: GLOBAL)
  dumpTable(path: String!, table: String!): String @protected(type: GLOBAL)
  load(path: String!): String @protected(type: GLOBAL)
  installFallback(path: String!): String @protected(type: GLOBAL)
}

type CETSAdminQuery @protected @use(internal_databases: ["cets"]) {
  tableInfo: [CETSTableInfo] @protected(type: GLOBAL)
  systemInfo: CETSSystemInfo @protected(type: GLOBAL)
}

type ServerAdminQuery @protected {
  status: Status @protected(type: GLOBAL)
  getLoglevel: LogLevel @protected(type: GLOBAL)
  getCookie: String @protected(type: GLOBAL)
  hostTypes: [HostTypeInfo!]! @protected(type: GLOBAL)
  globalInfo: GlobalInfo! @protected(type: GLOBAL)
}

type ServerAdminMutation @protected {
  joinCluster(node: String!): String @protected(type: GLOBAL)
  leaveCluster: String @protected(type: GLOBAL)
  removeFromCluster(node: String!): String @protected(type: GLOBAL)
  restart: String @protected(type: GLOBAL)
  stop: String @protected(type: GLOBAL)
  removeNode(node: String!): String @protected(type: GLOBAL)
  setLoglevel(level: LogLevel!): String @protected(type: GLOBAL)
}
`
