import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Attribute, Change, Client } from 'ldapts'
import { makeSelfSigned, writeCertificate } from '../../src/net/certificate.ts'
import { freePorts, program } from './services.ts'

const base = 'dc=example,dc=org'
const rootDn = `cn=admin,${base}`
const rootPassword = 'root-secret'

/** A directory of its own: OpenLDAP on a free loopback port, with its data in a folder that goes with it. */
export class Slapd {
  readonly port: number
  /** TLS from the first byte, with the certificate in `certificate` for localhost. */
  readonly tlsPort: number
  readonly base = base
  readonly rootDn = rootDn
  readonly rootPassword = rootPassword
  readonly #folder: string
  #child: ChildProcess | undefined

  private constructor(ports: readonly number[], folder: string) {
    const [port = 0, tlsPort = 0] = ports
    this.port = port
    this.tlsPort = tlsPort
    this.#folder = folder
  }

  /** Starts it with an empty organisation and `ou=Users`. */
  static async start(): Promise<Slapd> {
    const ports = await freePorts(2)
    const folder = await mkdtemp(join(tmpdir(), 'meerkat-slapd-'))
    const slapd = new Slapd(ports, folder)
    await mkdir(join(folder, 'data'))
    await writeCertificate(makeSelfSigned({ domains: ['localhost'], now: Date.now() }), {
      certfile: slapd.certificate,
      keyfile: join(folder, 'key.pem'),
    })
    await writeFile(join(folder, 'slapd.conf'), configuration(folder))
    await slapd.run()
    await slapd.change(async (client) => {
      await client.add(base, { objectClass: ['dcObject', 'organization'], dc: 'example', o: 'Example' })
      await client.add(`ou=Users,${base}`, { objectClass: ['organizationalUnit'], ou: 'Users' })
    })
    return slapd
  }

  /** The pool of connections to it, for a configuration. */
  get pool(): string {
    return `
[outgoing_pools.ldap.default]
call_timeout = 2000
[outgoing_pools.ldap.default.connection]
servers = ["127.0.0.1"]
port = ${this.port}
connect_interval = 1
`
  }

  get certificate(): string {
    return join(this.#folder, 'cert.pem')
  }

  /** Starts it again after `stop`, with the same data. */
  async run(): Promise<void> {
    const urls = `ldap://127.0.0.1:${this.port} ldaps://127.0.0.1:${this.tlsPort}`
    const child = spawn(program('/usr/sbin/slapd'), ['-f', join(this.#folder, 'slapd.conf'), '-h', urls, '-d', '0'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    this.#child = child
    let errors = ''
    child.stderr.on('data', (text) => {
      errors += text
    })
    while (!(await accepts(this.port))) {
      if (child.exitCode !== null) throw new Error(`slapd did not start: ${errors}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  async stop(): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    await ended
  }

  async remove(): Promise<void> {
    await this.stop()
    await rm(this.#folder, { recursive: true, force: true })
  }

  /** Does something as the directory's administrator. */
  async change(work: (client: Client) => Promise<unknown>): Promise<void> {
    const client = new Client({ url: `ldap://127.0.0.1:${this.port}` })
    await client.bind(rootDn, rootPassword)
    await work(client)
    await client.unbind()
  }

  /** Adds a person below `ou=Users`. */
  async addPerson(uid: string, password: string, more: Record<string, string | string[]> = {}): Promise<string> {
    const dn = `uid=${uid},ou=Users,${base}`
    await this.change((client) =>
      client.add(dn, { objectClass: ['inetOrgPerson'], uid, cn: uid, sn: uid, userPassword: password, ...more }),
    )
    return dn
  }

  async setPassword(dn: string, password: string): Promise<void> {
    const modification = new Attribute({ type: 'userPassword', values: [password] })
    await this.change((client) => client.modify(dn, new Change({ operation: 'replace', modification })))
  }
}

function configuration(folder: string): string {
  const schemas = ['core', 'cosine', 'inetorgperson'].map((name) => `include /etc/ldap/schema/${name}.schema`)
  const modules = existsSync('/usr/lib/ldap') ? ['modulepath /usr/lib/ldap', 'moduleload back_mdb'] : []
  return [
    ...schemas,
    `pidfile ${folder}/slapd.pid`,
    `TLSCertificateFile ${folder}/cert.pem`,
    `TLSCertificateKeyFile ${folder}/key.pem`,
    ...modules,
    'access to attrs=userPassword by anonymous auth by * none',
    'access to * by * read',
    'database mdb',
    'maxsize 10485760',
    `suffix "${base}"`,
    `rootdn "${rootDn}"`,
    `rootpw ${rootPassword}`,
    `directory ${folder}/data`,
    'index objectClass,uid eq',
    '',
  ].join('\n')
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
