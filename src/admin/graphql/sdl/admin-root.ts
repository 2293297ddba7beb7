/** The roots of the schema for administrators: a field for each category. */
export const adminRoot = `
schema {
  query: AdminQuery
  mutation: AdminMutation
  subscription: AdminSubscription
}

type AdminQuery {
  checkAuth: AdminAuthInfo
  account: AccountAdminQuery
  domain: DomainAdminQuery
  last: LastAdminQuery
  muc: MUCAdminQuery
  muc_light: MUCLightAdminQuery
  session: SessionAdminQuery
  stanza: StanzaAdminQuery
  roster: RosterAdminQuery
  vcard: VcardAdminQuery
  private: PrivateAdminQuery
  metric: MetricAdminQuery
  stat: StatsAdminQuery
  gdpr: GdprAdminQuery
  mnesia: MnesiaAdminQuery
  cets: CETSAdminQuery
  server: ServerAdminQuery
  broadcast: BroadcastAdminQuery
  blocklist: BlocklistAdminQuery
}

type AdminMutation {
  account: AccountAdminMutation
  domain: DomainAdminMutation
  inbox: InboxAdminMutation
  last: LastAdminMutation
  muc: MUCAdminMutation
  muc_light: MUCLightAdminMutation
  session: SessionAdminMutation
  stanza: StanzaAdminMutation
  roster: RosterAdminMutation
  vcard: VcardAdminMutation
  private: PrivateAdminMutation
  httpUpload: HttpUploadAdminMutation
  externalServices: ExternalServicesAdminMutation
  offline: OfflineAdminMutation
  token: TokenAdminMutation
  mnesia: MnesiaAdminMutation
  server: ServerAdminMutation
  broadcast: BroadcastAdminMutation
  blocklist: BlocklistAdminMutation
}

type AdminSubscription {
  stanza: StanzaAdminSubscription
}
`
