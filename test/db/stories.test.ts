import { describe, expect, it } from 'vitest'
import { databaseOf, onDatabase } from '../support/databases.ts'
import { targetName } from '../support/target.ts'

/** Those that are about what is kept. */
const suites = [
  '../rfc/6121-roster.test.ts',
  '../rfc/6121-subscriptions.test.ts',
  '../xep/0016-privacy.test.ts',
  '../xep/0049-private.test.ts',
  '../xep/0060-pubsub.test.ts',
  '../xep/0077-register.test.ts',
  '../xep/0160-offline.test.ts',
  '../xep/0191-blocking.test.ts',
]

if (targetName() === 'meerkat') {
  for (const kind of ['postgres', 'mysql'] as const) {
    onDatabase(kind, 'stories about what is kept', async () => {
      // Declared late, as the suites inside of the files are.
      describe('each of them', () => {
        it('is told to a server with this database', ({ task }) => expect(databaseOf(task)).toBe(kind))
      })
      // The question makes it a module of its own, which declares its stories again.
      for (const suite of suites) await import(`${new URL(suite, import.meta.url).pathname}?${kind}`)
    })
  }
}
