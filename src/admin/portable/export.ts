import { join } from 'node:path'
import { Jid } from '../../jid/jid.ts'
import type { CommandCall } from '../../module/command.ts'
import { type ExportedPart, exportsUser } from '../../router/events.ts'
import type { Host } from '../../router/host.ts'
import { emptyFolder, NewFile } from '../../storage/stream-files.ts'
import type { Element } from '../../xml/element.ts'
import { escapeXml } from '../../xml/escape.ts'
import { serialise } from '../../xml/serialise.ts'
import { fromWire } from '../../xml/wire.ts'
import { portableNs, scramElement, xincludeNs } from './format.ts'
import { exportRooms, mainFile } from './rooms.ts'

/** What was written. */
export interface ExportResult {
  readonly status: string
  readonly files: string[]
  readonly users: number
  /** Users of whom something is missing, and why. */
  readonly errors: { readonly user: string; readonly error: string }[]
}

const declaration = `<?xml version='1.0' encoding='UTF-8'?>\n`
/** Users asked for at a time. */
const pageSize = 500

/**
 * Writes what is known about the users of these hosts into an empty folder, as XEP-0227 has it: a file a host, and one that
 * includes them. Rooms are in files of their own beside these. What cannot be had of a user is told in the result.
 */
export async function exportTo(dir: string, hosts: readonly Host[], call: CommandCall): Promise<ExportResult> {
  await emptyFolder(dir)
  const result = {
    status: 'Completed',
    files: [] as string[],
    users: 0,
    errors: [] as ExportResult['errors'][number][],
  }
  let total = 0
  const domains = hosts.flatMap((host) => [...host.domains].map((domain) => ({ host, domain })))
  for (const { host, domain } of domains) total += await host.accounts.count(domain)
  const done = () => {
    result.users++
    call.progress?.({ done: result.users, total: Math.max(total, result.users) })
  }
  for (const { host, domain } of domains) {
    const file = `${domain}.xml`
    await writing(join(dir, file), async (out) => {
      await out.write(`${declaration}<host xmlns='${portableNs}' jid='${escapeXml(domain)}'>\n`)
      for await (const user of usersOf(host, domain)) {
        result.errors.push(...(await exportUser(host, user, out)))
        done()
      }
      await out.write('</host>\n')
    })
    result.files.push(file)
  }
  await writing(join(dir, mainFile), (out) => out.write(mainText(result.files)))
  result.files.unshift(mainFile)
  result.files.push(...(await exportRooms(dir, hosts)))
  return result
}

async function writing(path: string, write: (out: NewFile) => Promise<void>): Promise<void> {
  const out = await NewFile.create(path)
  try {
    await write(out)
    await out.finish()
  } catch (error) {
    await out.discard()
    throw error
  }
}

function mainText(files: readonly string[]): string {
  const includes = files.map((file) => `  <xi:include href='${escapeXml(encodeURI(file))}'/>\n`)
  return `${declaration}<server-data xmlns='${portableNs}' xmlns:xi='${xincludeNs}'>\n${includes.join('')}</server-data>\n`
}

async function* usersOf(host: Host, domain: string): AsyncGenerator<Jid> {
  for (let offset = 0; ; offset += pageSize) {
    const names = await host.accounts.list(domain, { limit: pageSize, offset })
    for (const name of names) yield Jid.of(name, domain)
    if (names.length < pageSize) return
  }
}

/** Writes one user; answers what went wrong. */
async function exportUser(host: Host, user: Jid, out: NewFile): Promise<ExportResult['errors']> {
  const failures: ExportResult['errors'] = []
  const attempt = async (work: () => Promise<void>) => {
    try {
      await work()
    } catch (error) {
      failures.push({ user: user.bareString, error: error instanceof Error ? error.message : String(error) })
    }
  }
  let keys: readonly Element[] = []
  let password: string | undefined
  await attempt(async () => {
    const credentials = await host.accounts.credentials(user)
    keys = (credentials?.keys ?? []).map(scramElement)
    password = credentials?.password
  })
  const shown = password === undefined ? '' : ` password='${escapeXml(password)}'`
  await out.write(`<user name='${escapeXml(user.local)}'${shown}>\n`)
  for (const element of keys) await out.write(textOf(element, portableNs))
  await attempt(async () => {
    const parts = await host.hooks.gather(exportsUser, { host, user })
    for (const part of parts) await attempt(() => writePart(part, out))
  })
  await out.write('</user>\n')
  return failures
}

async function writePart({ container, elements }: ExportedPart, out: NewFile): Promise<void> {
  if (container === undefined) {
    for await (const element of elements) await out.write(textOf(element, portableNs))
    return
  }
  const open = fromWire(serialise(container.withChildren(['']), portableNs))
  const end = `</${container.name}>`
  await out.write(open.slice(0, -end.length))
  try {
    for await (const element of elements) await out.write(textOf(element, container.ns))
  } finally {
    await out.write(`${end}\n`)
  }
}

function textOf(element: Element, ns: string): string {
  return `${fromWire(serialise(element, ns))}\n`
}
