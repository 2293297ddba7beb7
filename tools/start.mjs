// npm start: installs and builds what is missing, then becomes the server. Arguments go to it: npm start -- --config FILE
import { spawn } from 'node:child_process'
import { buildIfStale } from './build.mjs'
import { installIfStale } from './install.mjs'
import { launch } from './launch.mjs'

installIfStale()
try {
  buildIfStale()
} catch (error) {
  console.error(error.message)
  process.exit(1)
}

const { program, args, env } = launch(['foreground', ...process.argv.slice(2)])
const server = spawn(program, args, { env, stdio: 'inherit' })
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2']) process.on(signal, () => server.kill(signal))
server.on('exit', (code, signal) => {
  process.exitCode = code ?? (signal === null ? 1 : 128)
})
