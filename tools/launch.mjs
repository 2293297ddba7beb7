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

/** The program, its arguments and its environment. */
export function launch(args) {
  const library = preload()
  return {
    program: process.execPath,
    args: ['--enable-source-maps', `${root}/bin/meerkat.js`, ...args],
    env: library ? { ...process.env, LD_PRELOAD: library } : process.env,
  }
}
