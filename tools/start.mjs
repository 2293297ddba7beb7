// npm start: installs and builds what is missing, then becomes the server. Arguments go to it: npm start -- --config FILE
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { buildIfStale } from './build.mjs'
import { installIfStale, root } from './install.mjs'

/** Where Debian, Fedora, Arch and Alpine keep jemalloc, which needs a third less memory than glibc for TLS connections. */
const folders = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64', '/usr/lib']

function preload() {
  const already = process.env.LD_PRELOAD
  if (process.platform !== 'linux' || process.env.MEERKAT_NO_JEMALLOC === '1' || already) return already
  return folders.map((folder) => `${folder}/libjemalloc.so.2`).find((file) => existsSync(file))
}

installIfStale()
try {
  buildIfStale()
} catch (error) {
  console.error(error.message)
  process.exit(1)
}

const library = preload()
const env = library ? { ...process.env, LD_PRELOAD: library } : process.env
const server = spawn(process.execPath, ['--enable-source-maps', `${root}/dist/main.js`, ...process.argv.slice(2)], {
  env,
  stdio: 'inherit',
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2']) process.on(signal, () => server.kill(signal))
server.on('exit', (code, signal) => {
  process.exitCode = code ?? (signal === null ? 1 : 128)
})
