import { describe, expect, it } from 'vitest'
import { commandsNs, execute, valuesOf } from '../support/adhoc.ts'
import type { Client } from '../support/client.ts'
import { ownServer } from '../support/own-server.ts'
import type { XmlNode } from '../support/xml.ts'

const config = `
[[acl.admin]]
user = "root"
[modules.mod_service_admin]
[modules.mod_announce]
[modules.mod_last]
[modules.mod_vcard]
[modules.mod_offline]
`
const node = (name: string) => `http://jabber.org/protocol/admin#${name}`
const jid = (name: string) => `${name}@localhost`
const to = 'localhost'

describe('XEP-0133', () => {
  const own = ownServer(config)
  let root: Client

  async function run(name: string, fields?: Record<string, string | readonly string[]>): Promise<XmlNode> {
    root = await own.client('root', 'admin')
    const answer = await execute(root, node(name), fields, { to })
    expect(answer.attr('status')).toBe('completed')
    return answer
  }
  async function refused(condition: string, name: string, fields?: Record<string, string | readonly string[]>) {
    root = await own.client('root', 'admin')
    await execute(root, node(name), fields, { to, refused: condition })
  }
  const signsIn = (name: string) => own.client(name, 'pc')

  it('§3 the commands are shown to administrators', async () => {
    root = await own.client('root', 'admin')
    const query = `<query xmlns='http://jabber.org/protocol/disco#items' node='${commandsNs}'/>`
    const shown = `${await root.asks(query, 'get', { to })}`
    const names = `add-user delete-user disable-user reenable-user end-user-session change-user-password get-user-roster
      get-user-lastlogin user-stats edit-blacklist edit-whitelist get-registered-users-num get-disabled-users-num
      get-online-users-num get-active-users-num get-idle-users-num get-registered-users-list get-disabled-users-list
      get-online-users-list get-active-users get-idle-users announce set-motd edit-motd delete-motd set-welcome
      delete-welcome edit-admin restart shutdown`.split(/\s+/)
    for (const name of names) expect(shown).toContain(`node='${node(name)}'`)
  })

  it('§5 forbidden: for anybody else, in every step and in every list', async () => {
    const mallory = await signsIn('mallory')
    const query = `<query xmlns='http://jabber.org/protocol/disco#items' node='${commandsNs}'/>`
    expect(`${await mallory.asks(query, 'get', { to })}`).not.toContain('admin#')
    for (const name of ['add-user', 'shutdown', 'get-registered-users-num'])
      await execute(mallory, node(name), undefined, { to, refused: 'forbidden' })
  })

  it('§4.1 adds a user, with a vCard', async () => {
    const fields = { accountjid: jid('nora'), password: 'secret', 'password-verify': 'secret' }
    await run('add-user', { ...fields, email: 'nora@example.org', given_name: 'Nora', surname: 'Ng' })
    const nora = await signsIn('nora')
    const card = `${await nora.asks("<vCard xmlns='vcard-temp'/>")}`
    expect(card).toContain('<GIVEN>Nora</GIVEN>')
    expect(card).toContain('<USERID>nora@example.org</USERID>')
    await refused('conflict', 'add-user', fields)
    await refused('not-acceptable', 'add-user', { ...fields, accountjid: jid('nora2'), 'password-verify': 'other' })
    await refused('not-allowed', 'add-user', { ...fields, accountjid: 'nora@elsewhere.example' })
    await refused('bad-request', 'add-user', { accountjid: jid('nora2') })
  })

  it('§4.2 deletes users', async () => {
    const gone = await signsIn('gone')
    await run('delete-user', { accountjids: [jid('gone')] })
    await gone.inbox.take((item) => item.kind === 'closed')
    await refused('item-not-found', 'delete-user', { accountjids: [jid('gone')] })
    await own.server.registerUser('gone', 'secret')
    const half = await run('delete-user', { accountjids: [jid('nobody'), jid('gone')] })
    expect(half.child('note')?.attr('type')).toBe('error')
    expect(half.child('note')?.text()).toBe(
      `${jid('gone')}: deleted\n${jid('nobody')}: User ${jid('nobody')} does not exist`,
    )
  })

  it('§4.5 ends sessions, one or all of an account', async () => {
    const [pc, phone] = [await own.client('kim', 'pc'), await own.client('kim', 'phone')]
    await run('end-user-session', { accountjids: [phone.jid] })
    await phone.inbox.take((item) => item.kind === 'closed')
    await pc.isHeard()
    await run('end-user-session', { accountjids: [jid('kim')] })
    await pc.inbox.take((item) => item.kind === 'closed')
    await refused('item-not-found', 'end-user-session', { accountjids: [phone.jid] })
  })

  it('§4.7 changes a password', async () => {
    await own.server.registerUser('pat', 'old')
    await run('change-user-password', { accountjid: jid('pat'), password: 'secret' })
    await signsIn('pat')
    await refused('item-not-found', 'change-user-password', { accountjid: jid('nobody'), password: 'x' })
  })

  it('§4.8 to §4.10 tells of a user', async () => {
    const lea = await signsIn('lea')
    await lea.asks(`<query xmlns='jabber:iq:roster'><item jid='max@localhost' name='Max'/></query>`, 'set')
    const roster = `${await run('get-user-roster', { accountjids: [jid('lea')] })}`
    expect(roster).toContain('<value>max@localhost</value>')
    const stats = await run('user-stats', { accountjid: jid('lea') })
    expect(valuesOf(stats, 'rostersize')).toEqual(['1'])
    expect(valuesOf(stats, 'onlineresources')).toEqual(['pc'])
    expect(valuesOf(stats, 'ipaddresses')).toEqual(['127.0.0.1'])
    expect(valuesOf(await run('get-user-lastlogin', { accountjids: [jid('lea')] }), 'lastlogin')).toEqual(['online'])
    await lea.leaves()
    const [time] = valuesOf(await run('get-user-lastlogin', { accountjids: [jid('lea')] }), 'lastlogin')
    expect(time).toMatch(/^\d{4}-\d\d-\d\dT/)
    await own.server.registerUser('new', 'secret')
    expect(valuesOf(await run('get-user-lastlogin', { accountjids: [jid('new')] }), 'lastlogin')).toEqual(['never'])
  })

  it('§4.13 to §4.22 counts and lists users', async () => {
    const here = await signsIn('here')
    const away = await signsIn('away')
    away.sends('<presence><show>away</show></presence>')
    await away.meets(away.jid)
    const users = async (name: string, field: string, fields?: Record<string, string>) =>
      valuesOf(await run(name, fields), field)
    const all = await users('get-registered-users-list', 'registereduserjids', { max_items: 'none' })
    expect(all).toContain(jid('new'))
    expect(await users('get-registered-users-num', 'registeredusersnum')).toEqual([String(all.length)])
    const some = await users('get-registered-users-list', 'registereduserjids', { max_items: '25' })
    expect(some.length).toBe(Math.min(all.length, 25))
    const [active, idle, online] = [
      await users('get-active-users', 'activeuserjids', {}),
      await users('get-idle-users', 'idleuserjids', {}),
      await users('get-online-users-list', 'onlineuserjids', {}),
    ]
    expect(active).toContain(here.bare)
    expect(active).not.toContain(away.bare)
    expect(idle).toEqual([away.bare])
    expect(online).toEqual([...active, ...idle].sort())
    expect(await users('get-online-users-num', 'onlineusersnum')).toEqual([String(online.length)])
    expect(await users('get-idle-users-num', 'idleusersnum')).toEqual(['1'])
    expect(await users('get-active-users-num', 'activeusersnum')).toEqual([String(active.length)])
  })

  it('§4.23 announces to who is online', async () => {
    const here = await signsIn('here')
    await run('announce', { announcement: ['Tea', 'is ready'] })
    await here.finds(`<message type='headline' from='localhost'><body>Tea\nis ready</body></message>`)
  })

  it('§4.24 to §4.26 the message of the day is shown once to each', async () => {
    const here = await own.client('here', 'pc')
    await run('set-motd', { motd: 'Sun' })
    await here.finds(`<message type='headline'><body>Sun</body></message>`)
    const later = await own.client('later', 'pc', { presence: false })
    later.sends('<presence/>')
    await later.finds(`<message type='headline'><body>Sun</body></message>`)
    const phone = await own.client('later', 'phone')
    await phone.isHeard()
    expect(`${await phone.drains()}`).not.toContain('<body>')
    await run('edit-motd', { motd: 'Rain' })
    const third = await own.client('third', 'pc', { presence: false })
    third.sends('<presence/>')
    await third.finds(`<message type='headline'><body>Rain</body></message>`)
    expect(`${await here.drains()}`).not.toContain('Rain')
    await run('delete-motd')
    const fourth = await own.client('fourth', 'pc')
    expect(`${await fourth.drains()}`).not.toContain('<body>')
    await refused('item-not-found', 'delete-motd')
  })

  it('§4.27 and §4.28 new accounts are welcomed', async () => {
    await run('set-welcome', { welcome: 'Hello' })
    await own.restart()
    const pc = await own.client('greeted', 'pc', { presence: false })
    pc.sends('<presence/>')
    await pc.finds(`<message type='normal' from='localhost'><body>Hello</body>{any}</message>`)
    expect(await own.command('announce.getWelcome', { domain: 'localhost' })).toEqual({ subject: '', body: 'Hello' })
    await run('delete-welcome')
    const other = await own.client('ungreeted', 'pc')
    expect(`${await other.drains()}`).not.toContain('Hello')
    await refused('item-not-found', 'delete-welcome')
  })

  it('§4.3, §4.4, §4.11, §4.12, §4.29, §4.30 feature-not-implemented: what cannot be done here, a restart of a server inside another program too', async () => {
    for (const name of ['edit-blacklist', 'edit-whitelist', 'edit-admin', 'restart'])
      await refused('feature-not-implemented', name)
  })

  it('§4.31 shuts the server down, at once or later', async () => {
    const here = await signsIn('here')
    await run('shutdown', { delay: '300', announcement: 'Bye' })
    await here.finds(`<message type='headline'><body>Bye</body></message>`)
    await here.isHeard()
    await run('shutdown', { delay: '0' })
    await here.finds(`<error xmlns='http://etherx.jabber.org/streams'>{any}</error>`)
    await own.server.server.stopped
  })
})

describe('XEP-0133 with a list of who is barred', () => {
  const own = ownServer(`[[acl.admin]]\nuser = "root"\n[modules.mod_service_admin]\n[modules.mod_blocklist]\n`)
  const run = async (name: string, fields?: Record<string, string | readonly string[]>) =>
    execute(await own.client('root', 'admin'), node(name), fields, { to })

  it('§4.3, §4.4 disables a user, who is signed out and listed, until the user is enabled again', async () => {
    const eve = await own.client('eve', 'pc')
    await run('disable-user', { accountjids: [jid('eve')] })
    await eve.inbox.take((item) => item.kind === 'closed')
    await expect(own.client('eve', 'pc')).rejects.toThrow()
    expect(valuesOf(await run('get-disabled-users-num'), 'disabledusersnum')).toEqual(['1'])
    expect(valuesOf(await run('get-disabled-users-list', { max_items: '25' }), 'disableduserjids')).toEqual([
      jid('eve'),
    ])
    await run('reenable-user', { accountjids: [jid('eve')] })
    await (await own.client('eve', 'pc')).isHeard()
    expect(valuesOf(await run('get-disabled-users-num'), 'disabledusersnum')).toEqual(['0'])
    const root = await own.client('root', 'admin')
    const nobody = { accountjids: [jid('nobody')] }
    await execute(root, node('disable-user'), nobody, { to, refused: 'item-not-found' })
  })
})
