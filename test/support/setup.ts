import { configureGlobal } from 'fast-check'
import { forbidNestedMailboxes } from '../../src/util/mailbox.ts'

forbidNestedMailboxes()

// The same examples every time, so that a failure is a failure for everybody; MEERKAT_SEED looks elsewhere.
configureGlobal({ seed: Number(process.env.MEERKAT_SEED ?? 6120) })
