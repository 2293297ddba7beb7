import type { Jid } from '../../../jid/jid.ts'
import { formatTimestamp } from '../../../stanza/delay.ts'
import { StanzaError } from '../../../stanza/stanza-error.ts'
import { el } from '../../../xml/element.ts'
import { uploadNs } from '../wanted-file.ts'
import type { UploadStore } from './store.ts'

/** What one account may have. */
export interface QuotaOptions {
  readonly max_user_files: number
  /** Bytes. */
  readonly max_user_size: number
  /** Bytes that it may upload within a day. */
  readonly max_day_size: number
}

const day = 86_400_000

/** Throws StanzaError where an account may not have so many bytes more; `onRefused` is told which limit is met. */
export async function mustHaveRoom(
  { user, size, now }: { readonly user: Jid; readonly size: number; readonly now: number },
  store: UploadStore,
  limits: QuotaOptions,
  onRefused: (limit: string) => void,
): Promise<void> {
  const { files, bytes } = await store.usage(user, now)
  if (files >= limits.max_user_files) {
    onRefused('upload_files')
    throw refusal(`You have ${files} files here, and may have no more`)
  }
  if (bytes + size > limits.max_user_size) {
    onRefused('upload_size')
    throw refusal(`Your files may have ${limits.max_user_size} bytes together`)
  }
  const today = await store.usage(user, now, now - day)
  if (today.bytes + size <= limits.max_day_size) return
  onRefused('upload_day')
  const oldest = await store.oldestSince(user, now - day)
  throw refusal(`You may upload ${limits.max_day_size} bytes a day`, oldest === undefined ? undefined : oldest + day)
}

/** XEP-0363 §7. `retryAt`: when it may be worth another try. */
function refusal(text: string, retryAt?: number): StanzaError {
  const app = retryAt === undefined ? undefined : el('retry', uploadNs, { stamp: formatTimestamp(retryAt) })
  return new StanzaError('resource-constraint', { text, ...(app === undefined ? {} : { app }) })
}
