import { z } from 'zod'
import type { CommandRunner } from '../../module/command.ts'
import { CommandError } from '../../module/command-error.ts'
import type { ApiAnswer, ApiHandler, ApiResource } from '../../net/http-api.ts'
import { commandFailure } from './failure.ts'

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
  const remove: ApiHandler<unknown> = async ({ params: { host: domain = '', user = '' } }) => {
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
