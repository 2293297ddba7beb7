import { z } from 'zod'
import type { CommandRunner } from '../../module/command.ts'
import { CommandError } from '../../module/command-error.ts'
import type { ApiAnswer, ApiHandler, ApiResource } from '../../net/http-api.ts'
import { HttpError } from '../../net/http-exchange.ts'
import { domainName, localPart } from './argument.ts'
import { commandFailure } from './failure.ts'
import type { DescribedOperation } from './open-api.ts'

const newUser = z.strictObject({ user: z.strictObject({ password: z.string().min(1) }) })

/** Accounts as the API of MongooseIM before version 4 had them (`mongoose_api_users`). */
export function oldUserResources(commands: CommandRunner): ApiResource<unknown>[] {
  const host: ApiHandler<unknown> = async ({ params: { host: domain = '' } }) => {
    const list = (await commands.run('account.listUsers', { domain })) as string[]
    const users = list.map((jid) => ({ user: { username: jid.slice(0, jid.lastIndexOf('@')), host: domain } }))
    return { status: 200, json: { count: users.length, users } }
  }
  const put: ApiHandler<unknown> = async ({ params, json }) => {
    const { host: domain = '', user: username = '' } = params
    const parsed = newUser.safeParse(await json())
    if (!parsed.success) return { status: 422, json: 'Expected {"user": {"password": …}}' }
    const { password } = parsed.data.user
    try {
      await commands.run('account.registerUser', { domain, username, password })
    } catch (error) {
      if (!(error instanceof CommandError && error.code === 'exists')) throw error
      await commands.run('account.changeUserPassword', { user: `${username}@${domain}`, newPassword: password })
    }
    return { status: 204 }
  }
  const remove: ApiHandler<unknown> = async ({ params }) => {
    // An address in the place of a name would be that of somebody else.
    const [domain, user] = [domainName().read(params['host']), localPart('user name').read(params['user'])]
    if (domain === undefined || user === undefined) throw new HttpError(400, 'Invalid user')
    await commands.run('account.removeUser', { user: `${user}@${domain}` })
    return { status: 204 }
  }
  return [
    { path: '/users/host/:host', methods: { GET: told(host) } },
    { path: '/users/host/:host/username/:user', methods: { PUT: told(put, 422), DELETE: told(remove) } },
  ]
}

/** Makes failures answers. `refusal`: status of what is refused or makes no sense, other than usual. */
function told(handle: ApiHandler<unknown>, refusal?: number): ApiHandler<unknown> {
  return async (request): Promise<ApiAnswer | undefined> => {
    try {
      return await handle(request)
    } catch (error) {
      const failure = commandFailure(error)
      if (failure === undefined) throw error
      const isRefused = failure.status === 400 || failure.status === 403
      return isRefused ? { ...failure, status: refusal ?? failure.status } : failure
    }
  }
}

const host = { name: 'host', in: 'path', type: 'string', isRequired: true, about: 'domain' } as const
const user = { name: 'user', in: 'path', type: 'string', isRequired: true, about: 'user name' } as const
const password = {
  name: 'user',
  in: 'body',
  type: 'object',
  isRequired: true,
  about: 'an object with password',
} as const

/** The same for people and programs. */
export function describeOldUsers(prefix: string): DescribedOperation[] {
  const list = `${prefix}/users/host/{host}`
  const one = `${list}/username/{user}`
  return [
    { method: 'GET', path: list, about: 'Lists the accounts of a domain.', parameters: [host] },
    {
      method: 'PUT',
      path: one,
      about: 'Makes an account, or changes its password.',
      parameters: [host, user, password],
    },
    { method: 'DELETE', path: one, about: 'Removes an account with all its data.', parameters: [host, user] },
  ]
}
