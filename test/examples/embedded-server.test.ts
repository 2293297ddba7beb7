import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)

it('the example of an embedded server runs and ends by itself', async () => {
  const { stdout } = await run(process.execPath, ['--import', 'tsx', 'examples/embedded-server.ts'], { cwd: root })
  expect(stdout).toBe(`alice was told: Welcome\nher notes: [ 'milk' ]\n`)
})

it('the package can be used by a program of its own, with its types', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'meerkat-package-'))
  try {
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    mkdirSync(join(folder, 'node_modules'))
    symlinkSync(root, join(folder, 'node_modules/meerkat'))
    writeFileSync(
      join(folder, 'own.ts'),
      `import { createServer, defineModule, z } from 'meerkat'
const own = defineModule({ name: 'mod_own', about: 'Own.', xeps: [], options: z.strictObject({ a: z.int().default(1) }), setup({ options }) { const a: number = options.a; void a } })
const server = createServer({ inMemory: true, freePorts: true, log: false, modules: [own] })
await server.start()
const port: number = server.port('c2s')
console.log(port > 0)
await server.close()
`,
    )
    const settings = ['--strict', '--module', 'nodenext', '--target', 'es2023', '--lib', 'es2023,esnext.disposable']
    const types = ['--typeRoots', join(root, 'node_modules/@types'), '--types', 'node', '--skipLibCheck']
    await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), ...settings, ...types, 'own.ts'], {
      cwd: folder,
    })
    const { stdout } = await run(process.execPath, ['own.js'], { cwd: folder })
    expect(stdout).toBe('true\n')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
