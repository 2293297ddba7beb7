import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StanzaError } from '../../../stanza/stanza-error.ts'
import { type Affiliation, affiliationNames } from './node.ts'
import { type AccessModel, accessModels, publishModels } from './node-config.ts'
import { keepsSubscription, mayPublish, mayRetract, readingFault, type Standing, subscribing } from './rights.ts'

const standings = fc.record({
  affiliation: fc.constantFrom(...affiliationNames),
  isSubscribed: fc.boolean(),
  isPending: fc.boolean(),
  hasPresence: fc.boolean(),
  groups: fc.subarray(['friends', 'others']),
})
const models = fc.constantFrom(...accessModels)
const config = (access_model: AccessModel) => ({ access_model, roster_groups_allowed: ['friends'] })

/** XEP-0060 §4.1, table 4, as far as it does not depend on the access model. */
const table: Record<Affiliation, { subscribe: boolean; read: boolean; publish: boolean; takeOthers: boolean }> = {
  owner: { subscribe: true, read: true, publish: true, takeOthers: true },
  publisher: { subscribe: true, read: true, publish: true, takeOthers: false },
  'publish-only': { subscribe: false, read: false, publish: true, takeOthers: false },
  member: { subscribe: true, read: true, publish: false, takeOthers: false },
  none: { subscribe: true, read: true, publish: false, takeOthers: false },
  outcast: { subscribe: false, read: false, publish: false, takeOthers: false },
}

/** XEP-0060 §4.5, said in another way: whom a model lets in, of those whose affiliation does not bar them. */
function letsIn(model: AccessModel, standing: Standing): boolean {
  if (standing.affiliation === 'owner') return true
  return {
    open: true,
    authorize: standing.isSubscribed,
    presence: standing.hasPresence,
    roster: standing.hasPresence && standing.groups.includes('friends'),
    whitelist: ['publisher', 'member'].includes(standing.affiliation),
  }[model]
}

function outcomeOf(run: () => string): string {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof StanzaError)) throw error
    return [error.condition, error.options.app?.name].filter((part) => part !== undefined).join(' ')
  }
}

describe('affiliations and access models', () => {
  it('let read who may by both', () => {
    fc.assert(
      fc.property(models, standings, (model, standing) => {
        const may = table[standing.affiliation].read && letsIn(model, standing)
        expect(readingFault(config(model), standing) === undefined).toBe(may)
      }),
    )
  })

  it('let subscribe who may, after approval where that is asked for, and say why not', () => {
    const reasons: Partial<Record<AccessModel, string>> = {
      presence: 'not-authorized presence-subscription-required',
      roster: 'not-authorized not-in-roster-group',
      whitelist: 'not-allowed closed-node',
    }
    const expected = (model: AccessModel, standing: Standing) => {
      if (!table[standing.affiliation].subscribe) return 'forbidden'
      if (standing.affiliation === 'owner') return 'subscribed'
      if (standing.isPending) return 'not-authorized pending-subscription'
      if (letsIn(model, standing)) return 'subscribed'
      return model === 'authorize' ? 'pending' : reasons[model]
    }
    fc.assert(
      fc.property(models, standings, (model, standing) => {
        expect(outcomeOf(() => subscribing(config(model), standing))).toBe(expected(model, standing))
      }),
    )
  })

  it('leave a subscription to who could have it again', () => {
    fc.assert(
      fc.property(models, standings, (model, standing) => {
        const isLetIn = table[standing.affiliation].subscribe && (model === 'authorize' || letsIn(model, standing))
        expect(keepsSubscription(config(model), standing)).toBe(isLetIn)
      }),
    )
  })

  it('let publish by affiliation, or as the publish model has it', () => {
    fc.assert(
      fc.property(fc.constantFrom(...publishModels), standings, (publish_model, standing) => {
        const byModel = publish_model === 'open' || (publish_model === 'subscribers' && standing.isSubscribed)
        const may = table[standing.affiliation].publish || (byModel && standing.affiliation !== 'outcast')
        expect(mayPublish({ publish_model }, standing)).toBe(may)
      }),
    )
  })

  it('let owners take back everything, others what is theirs, outcasts nothing', () => {
    fc.assert(
      fc.property(standings, fc.boolean(), (standing, isOwn) => {
        const may = table[standing.affiliation].takeOthers || (isOwn && standing.affiliation !== 'outcast')
        expect(mayRetract(standing, isOwn)).toBe(may)
      }),
    )
  })

  it('never lets an outcast or a stranger at a list of names', () => {
    fc.assert(
      fc.property(standings, (standing) => {
        fc.pre(standing.affiliation === 'none' || standing.affiliation === 'outcast')
        expect(readingFault(config('whitelist'), standing)).toBeDefined()
        expect(outcomeOf(() => subscribing(config('whitelist'), standing))).not.toBe('subscribed')
      }),
    )
  })
})
