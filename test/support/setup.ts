import { forbidNestedMailboxes } from '../../src/util/mailbox.ts'

forbidNestedMailboxes()
