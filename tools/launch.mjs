// How the server is started: by npm start, and by the bench that measures it as it is started.
import { existsSync } from 'node:fs'
import { root } from './install.mjs'

/** Where Debian, Fedora, Arch and Alpine keep jemalloc, with which TLS connections need a third less memory than with glibc. */
const folders = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64', '/usr/lib']

function preload() {
  const already = process.env.LD_PRELOAD
  if (process.platform !== 'linux' || process.env.MEERKAT_NO_JEMALLOC === '1' || already) return already
  return folders.map((folder) => `${folder}/libjemalloc.so.2`).find((file) => existsSync(file))
}

/**
 * Space for young objects, in MiB: what a message needs until its batch is on disk is seldom moved with so much, and memory is not
 * full of what sessions needed while they began.
 */
const youngSpace = 4

/** Few arenas are enough for threads that hardly allocate at the same time; what they are done with goes back while nothing happens. */
const arenas = { MALLOC_CONF: 'narenas:2,background_thread:true,dirty_decay_ms:1000,muzzy_decay_ms:0' }

/** The program, its arguments and its environment. `script` is run in place of the server, with `flags` for Node besides. */
export function launch(args, { script = `${root}/bin/meerkat.js`, flags = /** @type {string[]} */ ([]) } = {}) {
  const library = preload()
  return {
    program: process.execPath,
    args: [`--max-semi-space-size=${youngSpace}`, ...flags, script, ...args],
    env: library ? { ...arenas, ...process.env, LD_PRELOAD: library } : process.env,
  }
}
