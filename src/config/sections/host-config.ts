import { z } from 'zod'
import { type ModuleDeclaration, modulesTable } from '../modules.ts'
import { domainName } from '../option.ts'
import { access, acl } from './access.ts'
import { auth } from './auth.ts'
import { hostGeneral } from './general.ts'
import { hostPools } from './outgoing-pools.ts'
import { s2s } from './s2s.ts'

/** One `[[host_config]]` table, for a set of declared modules. */
export function hostConfig(modules: readonly ModuleDeclaration[]) {
  return z.strictObject({
    host: domainName().optional().describe('The host, one of `general.hosts`.').meta({ example: 'localhost' }),
    host_type: z
      .string()
      .min(1)
      .optional()
      .describe('One of `general.host_types`; or a host.')
      .meta({ example: 'customers' }),
    general: hostGeneral.prefault({}).describe('Settings of `[general]` that a host may have of its own.'),
    auth: auth.optional().describe('Takes the place of the whole `[auth]` for this host.'),
    modules: modulesTable(modules).optional().describe('Takes the place of the whole `[modules]` for this host.'),
    acl: acl
      .optional()
      .describe('Patterns that join those of `[acl]` for this host.')
      .meta({ reload: 'live', example: { blocked: [{ user: 'mallory' }] } }),
    access: access
      .optional()
      .describe('Clauses that stand before the last one of `[access]` where that is for everybody, else behind all.')
      .meta({ reload: 'live', example: { c2s: [{ acl: 'blocked', value: 'deny' }] } }),
    outgoing_pools: hostPools
      .optional()
      .describe('Pools of its own, which take the place of the general ones of the same tag.'),
    s2s: s2s.optional().describe('Takes the place of the whole `[s2s]` for this host.'),
  })
}
