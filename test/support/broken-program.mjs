// The program with a server that goes wrong where nobody catches it, as its parent says: `reject` or `throw`.
import { main } from '../../dist/main.js'
import { ModuleShelf } from '../../dist/module/shelf.js'
import { moduleTable } from '../../dist/modules/table.js'

const [how] = process.argv.splice(2, 1)
let settle = () => {}

await main({
  version: '0',
  modules: new ModuleShelf(moduleTable),
  async createServer() {
    return {
      stopped: new Promise((resolve) => {
        settle = resolve
      }),
      alarm: (what, reason) => process.stdout.write(`${what} ${reason.message}\n`),
      async start() {
        const keepsRunning = setInterval(() => {}, 1000)
        setImmediate(() => {
          if (how === 'reject') Promise.reject(new Error('nobody looks'))
          else throw new Error('nobody catches')
        })
        process.stdout.write('started\n')
        process.once('SIGUSR2', () => {
          clearInterval(keepsRunning)
          settle()
        })
      },
      async close() {
        process.stdout.write('closed\n')
        process.exitCode = 1
        settle()
        setImmediate(() => process.exit())
      },
    }
  },
})
