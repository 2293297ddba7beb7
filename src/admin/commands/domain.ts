import { z } from 'zod'
import { command } from '../../module/command.ts'
import { CommandError } from '../../module/command-error.ts'
import { domain } from '../../module/scalars.ts'
import type { DomainRecord, DomainServices } from './services.ts'

const status = z.enum(['ENABLED', 'DISABLED', 'DELETED', 'DELETING'])
const payload = z.strictObject({ domain: z.string(), hostType: z.string(), status })
const payloadWithType = payload.extend({ type: z.enum(['STATIC', 'DYNAMIC']) })

const name = domain().describe('The domain.')
const hostType = z.string().min(1).describe('One of `general.host_types`, or a host.')

const admin = { scope: 'admin', offline: true } as const
const change = { ...admin, changes: true } as const

function withoutType({ type: _, ...rest }: DomainRecord): z.input<typeof payload> {
  return rest
}

const domainsByHostType = command({
  ...admin,
  name: 'domain.domainsByHostType',
  about: 'Lists the enabled domains of a host type.',
  input: z.strictObject({ hostType }),
  output: z.array(z.string()),
  run: (input, services: DomainServices) => services.ofHostType(input.hostType),
})

const allDomains = command({
  ...admin,
  name: 'domain.allDomains',
  about: 'Lists all domains, static and dynamic, with their state.',
  input: z.strictObject({}),
  output: z.array(payloadWithType),
  run: (_input, services: DomainServices) => services.all(),
})

const domainDetails = command({
  ...admin,
  name: 'domain.domainDetails',
  about: 'Tells the host type and the state of a domain.',
  input: z.strictObject({ domain: name }),
  output: payloadWithType,
  async run(input, services: DomainServices) {
    const found = await services.find(input.domain)
    if (found !== undefined) return found
    throw new CommandError('not_found', 'Given domain does not exist', { domain: input.domain })
  },
})

const addDomain = command({
  ...change,
  name: 'domain.addDomain',
  about: 'Adds a domain and serves it.',
  input: z.strictObject({ domain: name, hostType }),
  output: payload,
  run: async (input, services: DomainServices) => withoutType(await services.add(input.domain, input.hostType)),
})

const removeDomain = command({
  ...change,
  name: 'domain.removeDomain',
  about: 'Removes a domain with all its accounts and data.',
  input: z.strictObject({ domain: name, hostType }),
  output: payload,
  run: async (input, services: DomainServices) => withoutType(await services.remove(input.domain, input.hostType)),
})

const requestRemoveDomain = command({
  ...change,
  name: 'domain.requestRemoveDomain',
  about: 'Ceases to serve a domain and begins to remove it, without waiting for the end.',
  input: z.strictObject({ domain: name, hostType }),
  output: payload,
  run: async (input, services: DomainServices) =>
    withoutType(await services.requestRemoval(input.domain, input.hostType)),
})

const enableDomain = command({
  ...change,
  name: 'domain.enableDomain',
  about: 'Serves a domain again.',
  input: z.strictObject({ domain: name }),
  output: payload,
  run: async (input, services: DomainServices) => withoutType(await services.setEnabled(input.domain, true)),
})

const disableDomain = command({
  ...change,
  name: 'domain.disableDomain',
  about: 'Ceases to serve a domain; what is kept of it stays.',
  input: z.strictObject({ domain: name }),
  output: payload,
  run: async (input, services: DomainServices) => withoutType(await services.setEnabled(input.domain, false)),
})

const setDomainPassword = command({
  ...change,
  name: 'domain.setDomainPassword',
  about: 'Sets the password of the administrator of a domain.',
  input: z.strictObject({
    domain: name,
    password: z.string().min(1).describe('The password.').meta({ scalar: 'NonEmptyString' }),
  }),
  output: z.string(),
  async run(input, services: DomainServices) {
    await services.setPassword(input.domain, input.password)
    return 'Domain password set successfully'
  },
})

const deleteDomainPassword = command({
  ...change,
  name: 'domain.deleteDomainPassword',
  about: 'Takes away the password of the administrator of a domain.',
  input: z.strictObject({ domain: name }),
  output: z.string(),
  async run(input, services: DomainServices) {
    if (await services.removePassword(input.domain)) return 'Domain password deleted successfully'
    throw new CommandError('not_found', 'Domain password does not exist', { domain: input.domain })
  },
})

/** The commands of the category `domain`. */
export const domainCommands = [
  domainsByHostType,
  allDomains,
  domainDetails,
  addDomain,
  removeDomain,
  requestRemoveDomain,
  enableDomain,
  disableDomain,
  setDomainPassword,
  deleteDomainPassword,
]
