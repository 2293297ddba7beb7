import { stanzaIdNs } from '../../stanza/stanza-id.ts'
import { fullTextNs, mamNamespaces, mamNs, oldRetractNs, retractByIdNs, retractNs } from './names.ts'
import type { ArchiveSettings } from './options.ts'

/** What is announced where there is an archive. */
export function featuresOf(settings: ArchiveSettings): string[] {
  return [
    ...mamNamespaces,
    `${mamNs}#extended`,
    retractNs,
    oldRetractNs,
    ...(settings.retraction ? [`${retractNs}#tombstone`, `${oldRetractNs}#tombstone`, retractByIdNs] : []),
    ...(settings.hasFullText ? [fullTextNs] : []),
    ...(settings.hasStanzaIds ? [stanzaIdNs] : []),
  ]
}

/** What is announced besides for archives of accounts. */
export function personalFeatures(archivesGroupchats: boolean): string[] {
  return [`${mamNs}#groupchat-field`, ...(archivesGroupchats ? [`${mamNs}#groupchat-available`] : [])]
}
