import { loadConfigLazily } from './config/load.ts'
import type { Config } from './config/schema.ts'
import { giveBack } from './give-back.ts'
import type { Program } from './main.ts'
import { ModuleShelf } from './module/shelf.ts'
import { moduleTable } from './modules/table.ts'
import type { LogLevel } from './observe/log-level.ts'
import { createLogger } from './observe/logger.ts'
import { banner } from './server/banner.ts'
import { databaseOptions } from './server/database-options.ts'
import { loggerOptions } from './server/logger-options.ts'
import { createServer } from './server.ts'
import { lockDataFolder } from './storage/data-folder.ts'
import { loadSqlite } from './storage/load.ts'
import { type Restored, restoreSqlite } from './storage/restore.ts'
import { systemClock } from './util/clock.ts'
import { productVersion } from './util/product.ts'

const shelf = new ModuleShelf(moduleTable)
const serverModules = { modules: shelf.loaded, everyModule: () => shelf.all() }

/** The server as the command line runs it. */
export const program: Program = {
  version: productVersion,
  modules: shelf,
  async createServer(config, run) {
    const { options, files } = loggerOptions(config, run.isUnattended === true)
    const log = createLogger({ ...options, level: (run.logLevel ?? config.general.loglevel) as LogLevel })
    const { skipMissing = false } = run
    const reread = () => loadConfigLazily({ file: config.file, modules: shelf, skipMissing })
    const isBackground = run.isUnattended === true
    const server = createServer({
      ...{ ...serverModules, config, log, reread, logFiles: files },
      ...{ canRestart: true, isBackground },
    })
    const stopped = server.stopped.then((next) => {
      // The one that comes after opens its own.
      if (next !== undefined) log.close()
      return next
    })
    return {
      async reload() {
        log.reopen()
        try {
          await server.reload()
        } catch (error) {
          log.error({ what: 'reload_failed', reason: error })
        }
      },
      stopped,
      alarm: (what, reason) => log.critical({ what, reason }),
      close: () => server.close(),
      async start() {
        await server.start()
        await giveBack()
        process.stdout.write(banner(server))
      },
    }
  },
  restore: (config, copy) => replacing(config, (file) => restoreSqlite(copy, file)),
  async load(config, dump) {
    // The tables that the rows go into may not be there yet.
    const server = await this.openOffline(config)
    await server.close()
    return replacing(config, (file) => loadSqlite(dump, file))
  },
  async openOffline(config) {
    const log = createLogger({ level: 'error' })
    const { files } = loggerOptions(config, true)
    const server = createServer({ ...serverModules, config, log, isOffline: true, logFiles: files })
    await server.start()
    return { commands: server.commands, close: () => server.close() }
  },
}

/** Replaces the file of the built-in database of a stopped server. Rejects where another database is used. */
async function replacing(config: Config, replace: (file: string) => Promise<Restored>): Promise<Restored> {
  const lock = await lockDataFolder(config.general.data_dir)
  try {
    const database = databaseOptions(config, systemClock, createLogger({ console: 'none' }))
    if (database.kind === 'sqlite') return await replace(database.file)
    throw new Error('this server keeps its data in a database server; use the tools of that')
  } finally {
    await lock.release()
  }
}
