import { Attribute, Change } from 'ldapts'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { type Clock, systemClock } from '../../src/util/clock.ts'
import { Client } from '../support/client.ts'
import { baseConfig } from '../support/own-server.ts'
import { type OwnTestServer, startTestServer } from '../support/server.ts'
import { suiteNeeding } from '../support/services.ts'
import { Slapd } from '../support/slapd.ts'

/** The clock of the system, which can be put forward; timers are those of the system. */
class ShiftedClock implements Clock {
  #shift = 0

  now(): number {
    return systemClock.now() + this.#shift
  }

  after(ms: number, run: () => void) {
    return systemClock.after(ms, run)
  }

  advance(ms: number): void {
    this.#shift += ms
  }
}

const settings = (slapd: Slapd, module: string) => `${baseConfig}${slapd.pool}
[modules.mod_shared_roster_ldap]
${module}
`

suiteNeeding(['/usr/sbin/slapd'], 'contacts of the same group in a directory', () => {
  let slapd: Slapd
  let clock: ShiftedClock
  let server: OwnTestServer | undefined
  const clients: Client[] = []
  const groups = () => `ou=Groups,${slapd.base}`

  beforeAll(async () => {
    slapd = await Slapd.start()
    await slapd.change(async (client) => {
      await client.add(groups(), { objectClass: ['organizationalUnit'], ou: 'Groups' })
      const group = (cn: string, description: string, members: string[]) =>
        client.add(`cn=${cn},${groups()}`, {
          objectClass: ['groupOfNames'],
          ...{ cn, description },
          member: members.map((name) => `uid=${name},ou=Users,${slapd.base}`),
        })
      await group('team', 'The Team', ['lena', 'mila', 'nobody'])
      await group('chess', 'Chess', ['lena', 'mila', 'olga'])
      await group('single', 'Alone', ['olga'])
    })
    await slapd.addPerson('lena', 'x', { cn: 'Lena Berg' })
    await slapd.addPerson('mila', 'x', { cn: 'Mila Lund' })
  })
  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy()
    await server?.stop()
    server = undefined
  })
  afterAll(async () => {
    await slapd?.remove()
  })

  const usual = () => `
base = "${slapd.base}"
memberattr = "member"
memberattr_format = "uid=%u,ou=Users,${slapd.base}"
groupdesc = "description"
ufilter = "(&(objectClass=inetOrgPerson)(uid=%u))"
useruid = "uid"
`

  async function start(module = usual()): Promise<void> {
    clock = new ShiftedClock()
    server = await startTestServer({ config: settings(slapd, module), clock })
    for (const name of ['lena', 'mila', 'olga']) await server.registerUser(name, 'secret')
  }

  async function signIn(local: string): Promise<Client> {
    if (server === undefined) throw new Error('no server')
    const client = await Client.signIn(server, { local, password: 'secret' }, 'home')
    clients.push(client)
    return client
  }

  /** What a roster says, a line for each contact. */
  async function roster(client: Client): Promise<string[]> {
    const lines = (await client.roster()).map((item) => {
      const shown = item.elements().map((group) => group.text())
      return [item.attr('jid'), item.attr('name'), item.attr('subscription'), item.attr('ask'), ...shown.sort()].join()
    })
    return lines.sort()
  }

  it('see each other, with the names of their groups', async () => {
    await start()
    const lena = await signIn('lena')
    expect(await roster(lena)).toEqual([
      'mila@localhost,Mila Lund,both,,Chess,The Team',
      'olga@localhost,olga,both,,Chess',
    ])
    const olga = await signIn('olga')
    expect(await roster(olga)).toEqual(['lena@localhost,Lena Berg,both,,Chess', 'mila@localhost,Mila Lund,both,,Chess'])
  })

  it('get the presence of each other without asking', async () => {
    await start()
    const [lena, mila] = [await signIn('lena'), await signIn('mila')]
    await lena.isPresent()
    await mila.isPresent()
    await lena.meets(mila.jid)
    await mila.meets(lena.jid)
    // A wish for what is there already goes nowhere and changes nothing.
    lena.sends(`<presence to='mila@localhost' type='unsubscribe'/>`)
    lena.sends(`<presence to='mila@localhost' type='unsubscribed'/>`)
    await lena.isHeard()
    await mila.receivesNothing()
    expect(await roster(mila)).toEqual([
      'lena@localhost,Lena Berg,both,,Chess,The Team',
      'olga@localhost,olga,both,,Chess',
    ])
  })

  it('keep the name and the groups that a user has given, and come back when they are removed', async () => {
    await start()
    const lena = await signIn('lena')
    await lena.roster()
    const set = (item: string) => lena.asks(`<query xmlns='jabber:iq:roster'>${item}</query>`, 'set')
    await set(`<item jid='mila@localhost' name='M'><group>Mine</group></item>`)
    const push = `<iq type='set' id='{id}' from='lena@localhost' to='{to}'><query xmlns='jabber:iq:roster'>`
    await lena.receives(
      `${push}<item jid='mila@localhost' name='M' subscription='both'><group>Mine</group></item></query></iq>`,
    )
    expect(await roster(lena)).toContain('mila@localhost,M,both,,Mine')
    const back = `<item jid='mila@localhost' name='Mila Lund' subscription='both'><group>{a}</group><group>{b}</group></item>`
    await set(`<item jid='mila@localhost' subscription='remove'/>`)
    await lena.receives(`${push}${back}</query></iq>`)
    await set(`<item jid='mila@localhost' subscription='remove'/>`)
    await lena.receives(`${push}${back}</query></iq>`)
    expect(await roster(lena)).toContain('mila@localhost,Mila Lund,both,,Chess,The Team')
  })

  it('are those that have an account, looked at again when the time is up', async () => {
    await start()
    const lena = await signIn('lena')
    expect(await roster(lena)).toHaveLength(2)
    await server?.server.commands.run('account.removeUser', { user: 'olga@localhost' })
    expect(await roster(lena)).toHaveLength(2)
    clock.advance(301_000)
    expect(await roster(lena)).toEqual(['mila@localhost,Mila Lund,both,,Chess,The Team'])
    await server?.registerUser('olga', 'secret')
    clock.advance(301_000)
    expect(await roster(lena)).toHaveLength(2)
  })

  it('are found under the old names of the options as well', async () => {
    await start(usual().replace(/^(?=\w)/gm, 'ldap_'))
    expect(await roster(await signIn('lena'))).toHaveLength(2)
  })

  it('are found by expressions and filters, with and without an account', async () => {
    await start(`
base = "${slapd.base}"
memberattr = "member"
memberattr_format_re = "^uid=([^,]+),"
groupdesc = "description"
rfilter = "(&(objectClass=groupOfNames)(cn=te*))"
gfilter = "(&(objectClass=groupOfNames)(cn=%g))"
filter = "(description=The Team)"
auth_check = false
`)
    expect(await roster(await signIn('lena'))).toEqual([
      'mila@localhost,mila,both,,The Team',
      'nobody@localhost,nobody,both,,The Team',
    ])
  })

  it('are not there while the directory is away, and come back', async () => {
    await start()
    await slapd.stop()
    const lena = await signIn('lena')
    await lena.asks(`<query xmlns='jabber:iq:roster'><item jid='own@example.org'/></query>`, 'set')
    expect(await roster(lena)).toEqual(['own@example.org,,none,'])
    await slapd.run()
    clock.advance(6000)
    expect(await roster(lena)).toHaveLength(3)
  })

  it('change with the directory', async () => {
    await start()
    const lena = await signIn('lena')
    expect(await roster(lena)).toHaveLength(2)
    const members = (names: string[]) =>
      slapd.change((client) =>
        client.modify(
          `cn=chess,${groups()}`,
          new Change({
            operation: 'replace',
            modification: new Attribute({
              type: 'member',
              values: names.map((name) => `uid=${name},ou=Users,${slapd.base}`),
            }),
          }),
        ),
      )
    await members(['lena', 'mila'])
    clock.advance(301_000)
    expect(await roster(lena)).toEqual(['mila@localhost,Mila Lund,both,,Chess,The Team'])
    await members(['lena', 'mila', 'olga'])
  })
})
