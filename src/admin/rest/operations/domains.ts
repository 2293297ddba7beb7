import { domainName, flag, optional, word } from '../argument.ts'
import { done, found, operation } from '../operation.ts'

const domain = domainName('domain name')
const hostType = word('host type')
const statuses = { unknown_host_type: 403 }

/** Domains that come and go. */
export const domainOperations = [
  operation({
    name: 'get_domain',
    method: 'GET',
    paths: ['/domains/:domain'],
    about: 'Tells the host type and the state of a domain.',
    arguments: { domain },
    async run({ domain: name }, { run }) {
      const details = await run<{ hostType: string; status: string }>('domain.domainDetails', { domain: name })
      return found({ host_type: details.hostType, status: details.status.toLowerCase() })
    },
  }),
  operation({
    name: 'put_domain',
    method: 'PUT',
    paths: ['/domains/:domain'],
    about: 'Adds a domain and serves it.',
    arguments: { domain, host_type: hostType },
    statuses: { ...statuses, deleted: 409 },
    async run({ domain: name, host_type: type }, { run }) {
      await run('domain.addDomain', { domain: name, hostType: type })
      return done
    },
  }),
  operation({
    name: 'patch_domain',
    method: 'PATCH',
    paths: ['/domains/:domain'],
    about: 'Serves a domain again, or ceases to.',
    arguments: { domain, enabled: flag('value of enabled') },
    statuses,
    async run({ domain: name, enabled }, { run }) {
      await run(enabled ? 'domain.enableDomain' : 'domain.disableDomain', { domain: name })
      return done
    },
  }),
  operation({
    name: 'delete_domain',
    method: 'DELETE',
    paths: ['/domains/:domain'],
    about: 'Removes a domain with all its accounts and data; with `request` without waiting for the end.',
    arguments: { domain, host_type: hostType, request: optional(flag('value of request')) },
    statuses,
    async run({ domain: name, host_type: type, request = false }, { run }) {
      await run(request ? 'domain.requestRemoveDomain' : 'domain.removeDomain', { domain: name, hostType: type })
      return request ? { status: 202 } : done
    },
  }),
]
