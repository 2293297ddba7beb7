import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { basicCommands } from '../../src/admin/cli/run.ts'
import { defaultConfig } from '../../src/config/default-config.ts'
import { launch } from '../../tools/launch.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string) => readFileSync(`${root}${path}`, 'utf8')
const manifest = JSON.parse(read('package.json')) as {
  bin: Record<string, string>
  files: string[]
  engines: { node: string }
}
const containerfile = read('deploy/Containerfile')
const unit = read('deploy/meerkat.service')

/** What stands behind a word at the beginning of a line. */
const lines = (word: string) =>
  [...containerfile.matchAll(new RegExp(`^${word} (.*)$`, 'gm'))].map(([, rest = '']) => rest)
const ports = (text: string) => [...text.matchAll(/^port = (\d+)$/gm)].map(([, port]) => Number(port))

/** How Node is to be run, as npm start runs it. */
const nodeOptions = `NODE_OPTIONS=${launch([]).args[0]}`

/** Whether the command line knows a command by its first words. */
function isCommand(...given: string[]): boolean {
  return basicCommands.some(({ words }) => words.every((word, index) => word === given[index]))
}

describe('the container file', () => {
  it('copies what is there, and of what was built only what the package has', () => {
    const copies = lines('COPY').map((line) => line.split(' ').filter((word) => !word.startsWith('--')))
    const isFromBuild = (source: string) => source.startsWith('/build/')
    const sources = copies.flatMap((words) => words.slice(0, -1))
    for (const source of sources.filter((each) => !isFromBuild(each))) expect(existsSync(`${root}${source}`)).toBe(true)
    const shipped = [...manifest.files, 'package.json', 'node_modules']
    for (const source of sources.filter(isFromBuild)) expect(shipped).toContain(source.slice('/build/'.length))
    // What the program needs: itself, what was compiled, its libraries, and its version.
    const built = sources.filter(isFromBuild).map((source) => source.slice('/build/'.length))
    expect(built.toSorted()).toEqual(['bin', 'dist', 'node_modules', 'package.json'])
  })

  it('runs the program of the package with commands that it has, on a Node that it wants', () => {
    expect(containerfile).toContain(`/opt/meerkat/${manifest.bin['meerkat']?.slice(2)} /usr/local/bin/meerkat`)
    expect(lines('ENTRYPOINT')).toEqual(['["meerkat"]'])
    expect(isCommand(...(JSON.parse(lines('CMD')[0] ?? '[]') as string[]))).toBe(true)
    const [, ...health] = JSON.parse(/CMD (\[.*\])/.exec(lines('HEALTHCHECK')[0] ?? '')?.[1] ?? '[]') as string[]
    expect(isCommand(...health)).toBe(true)
    const [wanted] = /\d+/.exec(manifest.engines.node) ?? []
    expect(lines('ENV').join(' ')).toContain(nodeOptions)
    for (const image of lines('FROM')) expect(image).toMatch(new RegExp(`^docker\\.io/library/node:${wanted}-`))
  })

  it('opens the ports of the configuration that the first start writes', () => {
    const exposed = lines('EXPOSE').flatMap((line) => line.split(' ').map(Number))
    expect(ports(defaultConfig([]))).toEqual(expect.arrayContaining(exposed))
  })
})

describe('the unit file', () => {
  it('runs the program of the package with commands that it has', () => {
    const program = `/usr/bin/node /opt/meerkat/${manifest.bin['meerkat']?.slice(2)} `
    const started = [...unit.matchAll(/^ExecStart(?:Pre)?=(.*)$/gm)].map(([, line = '']) => line)
    expect(started).toHaveLength(2)
    expect(unit).toContain(`\nEnvironment=${nodeOptions}\n`)
    for (const line of started) {
      expect(line.startsWith(program)).toBe(true)
      expect(isCommand(...line.slice(program.length).split(' '))).toBe(true)
    }
  })
})
