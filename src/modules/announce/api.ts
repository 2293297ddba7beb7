import { moduleApi } from '../../module/api.ts'

/** A text that is kept: the message of the day, or what new accounts are greeted with. */
export interface KeptText {
  readonly subject: string
  readonly body: string
}

export type KeptKind = 'motd' | 'welcome'

/** What commands may do with announcements. */
export interface AnnounceApi {
  /** Sends a message to everybody who is online; answers how many accounts that are. */
  announce(domain: string, text: KeptText): number
  get(domain: string, kind: KeptKind): Promise<KeptText | undefined>
  /**
   * Shows a message of the day to everybody who is online and to everybody who comes later; `isEdit`: whoever has seen the one
   * before is not shown it. Resolves when it is on disk.
   */
  setMotd(domain: string, text: KeptText, isEdit: boolean): Promise<void>
  /** Greets new accounts with this text. Resolves when it is on disk. */
  setWelcome(domain: string, text: KeptText): Promise<void>
  /** Whether there was one. */
  remove(domain: string, kind: KeptKind): Promise<boolean>
}
export const announceApi = moduleApi<AnnounceApi>('mod_announce')
