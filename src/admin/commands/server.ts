import { z } from 'zod'
import { command } from '../../module/command.ts'
import { CommandError } from '../../module/command-error.ts'
import type { ServerServices } from './services.ts'

const levels = ['NONE', 'EMERGENCY', 'ALERT', 'CRITICAL', 'ERROR', 'WARNING', 'NOTICE', 'INFO', 'DEBUG', 'ALL'] as const

const status = command({
  name: 'server.status',
  about: 'Tells whether the server runs, and its version.',
  input: z.strictObject({}),
  output: z.strictObject({
    statusCode: z.enum(['RUNNING', 'NOT_RUNNING']),
    message: z.string(),
    version: z.string(),
    commitHash: z.string(),
  }),
  scope: 'admin',
  run(_input, services: ServerServices) {
    const isRunning = services.isRunning()
    return {
      statusCode: isRunning ? ('RUNNING' as const) : ('NOT_RUNNING' as const),
      message: isRunning ? 'The server is running' : 'The server is starting or stopping',
      version: services.version,
      commitHash: services.commit,
    }
  },
})

const getLoglevel = command({
  name: 'server.getLoglevel',
  about: 'Tells the log level.',
  input: z.strictObject({}),
  output: z.enum(levels),
  scope: 'admin',
  run(_input, services: ServerServices) {
    const level = levels.find((name) => name === services.getLogLevel().toUpperCase())
    return level ?? 'ALL'
  },
})

const setLoglevel = command({
  name: 'server.setLoglevel',
  about: 'Sets the log level until the next start.',
  input: z.strictObject({
    level: z
      .string()
      .describe(`One of ${levels.join(', ')}.`)
      .meta({ scalar: 'LogLevel' }),
  }),
  output: z.string(),
  scope: 'admin',
  changes: true,
  run(input, services: ServerServices) {
    const level = levels.find((name) => name === input.level.toUpperCase())
    if (level === undefined) throw new CommandError('invalid_level', `There is no log level ${input.level}`)
    services.setLogLevel(level.toLowerCase())
    return `Log level is ${level}`
  },
})

const stop = command({
  name: 'server.stop',
  about: 'Stops the server in good order.',
  input: z.strictObject({}),
  output: z.string(),
  scope: 'admin',
  changes: true,
  run(_input, services: ServerServices) {
    services.stop()
    return 'The server is stopping'
  },
})

const checkRestart = command({
  name: 'server.checkRestart',
  about: 'Tells whether the server could start again with the configuration as it is now. Changes nothing.',
  input: z.strictObject({}),
  output: z.string(),
  scope: 'admin',
  async run(_input, services: ServerServices) {
    await services.checkRestart()
    return 'The server can be restarted'
  },
})

const restart = command({
  name: 'server.restart',
  about:
    'Stops the server in good order and starts it again, with the configuration as it is then. With errors in that nothing is stopped.',
  input: z.strictObject({}),
  output: z.string(),
  scope: 'admin',
  changes: true,
  async run(_input, services: ServerServices) {
    await services.restart()
    return 'The server is restarting'
  },
})

/** The commands of the category `server`. */
export const serverCommands = [status, getLoglevel, setLoglevel, stop, checkRestart, restart]
