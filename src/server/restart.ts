import type { Config } from '../config/schema.ts'
import { CommandError } from '../module/command-error.ts'
import type { Reloader } from './reload.ts'
import type { ServerOptions } from './server-options.ts'

/**
 * Reads the configuration that a server is to be started again with, and checks as much of it as can be checked while this one
 * runs. Rejects with CommandError, before anything has been stopped.
 */
export async function configForRestart(options: ServerOptions, reloader: Reloader | undefined): Promise<Config> {
  const { canRestart = false, reread } = options
  if (!canRestart || reread === undefined) {
    throw new CommandError('not_restartable', 'This server is part of another program, which alone can start it again')
  }
  if (reloader === undefined) throw new CommandError('not_running', 'The server is starting or stopping')
  try {
    const { config } = await reread()
    await reloader.rehearse(config)
    return config
  } catch (error) {
    throw unusable(error)
  }
}

function unusable(cause: unknown): CommandError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new CommandError('invalid_configuration', `${reason}\nThe server goes on as it is.`, {}, { cause })
}
