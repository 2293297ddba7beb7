import { MUC } from '../core/namespaces.ts'
import type { RoomFeature } from '../core/room.ts'

/** Clients keep the lists of affiliations and are told what has changed (XEP-0463). */
export const affiliationVersions: RoomFeature = {
  ownNamespaces: [MUC.affiliationVersions],
  infoFeatures: () => [MUC.affiliationVersions],
}
