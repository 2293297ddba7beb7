// npm run check: everything that can be known without running the server, all at once.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { installIfStale, root } from './install.mjs'

const checks = [
  { name: 'types', run: ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'] },
  { name: 'lint and format', run: ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.'] },
  { name: 'rooms', run: ['tools/rooms.mjs', '--check'] },
  { name: 'sizes', run: ['tools/check-sizes.mjs'] },
  // Everything is unused until something starts it.
  { name: 'unused', run: ['node_modules/knip/bin/knip.js', '--no-progress'], needs: 'src/main.ts' },
  { name: 'licences', run: ['tools/licences.mjs'] },
  // Written from the modules' own declarations.
  { name: 'docs', run: ['--import', 'tsx', 'tools/docs.ts', '--check'], needs: 'tools/docs.ts' },
]

function perform({ name, run }) {
  const begun = performance.now()
  const child = spawn(process.execPath, run, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text))
  return new Promise((done) => {
    child.on('close', (code) => done({ name, isFine: code === 0, output, seconds: (performance.now() - begun) / 1000 }))
  })
}

installIfStale()
const results = await Promise.all(checks.filter(({ needs }) => !needs || existsSync(`${root}/${needs}`)).map(perform))
for (const { name, isFine, output, seconds } of results) {
  if (!isFine) console.log(output.trimEnd())
  console.log(`${isFine ? 'ok  ' : 'FAIL'} ${name} (${seconds.toFixed(1)} s)`)
}
process.exitCode = results.every(({ isFine }) => isFine) ? 0 : 1
