import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { GraphqlServer } from '../support/graphql.ts'
import { type Case, fails, gives, operationNames, runCase } from '../support/graphql-cases.ts'

const names = 'last vcard private offline inbox blocklist broadcast auth_token'.split(' ')
const graphql = new GraphqlServer(
  `${names.map((name) => `[modules.mod_${name}]`).join('\n')}\n[modules.mod_mam]\npm = {}\n[[modules.mod_keystore.keys]]\nname = "token_secret"\ntype = "ram"\n`,
)
const domain = 'localhost'
const user = 'alice@localhost'
const other = 'bob@localhost'
const nobody = 'nobody@localhost'
const moment = '2026-01-02T03:04:05Z'
const payload = (message: string, jid = 'new@localhost') => gives({ jid, message })

const account: Case[] = [
  [
    'account.registerUser',
    { domain, username: 'new', password: 'x' },
    payload('User new@localhost successfully registered'),
  ],
  ['account.registerUser', { domain, username: 'new', password: 'x' }, fails('exists')],
  ['account.registerUser', { domain, username: 'other', password: '' }, fails('empty_password')],
  ['account.registerUser', { domain: 'else.example', username: 'a', password: 'x' }, fails('domain_not_found')],
  ['account.listUsers', { domain, limit: 1, index: 2 }, gives(['new@localhost'])],
  ['account.listUsers', { domain: 'else.example' }, fails('domain_not_found')],
  ['account.countUsers', { domain }, gives(3)],
  ['account.countUsers', { domain: 'else.example' }, fails('domain_not_found')],
  ['account.checkPassword', { user, password: 'secret' }, gives({ correct: true, message: 'Password is correct' })],
  ['account.checkPassword', { user, password: 'x' }, gives({ correct: false, message: 'Password is incorrect' })],
  ['account.checkPassword', { user: nobody, password: 'x' }, fails('user_does_not_exist')],
  ['account.checkPasswordHash', { user, passwordHash: 'x', hashMethod: 'md5' }, fails('wrong_user')],
  ['account.checkPasswordHash', { user, passwordHash: 'x', hashMethod: 'sha9' }, fails('wrong_method')],
  ['account.checkUser', { user }, gives({ exist: true, message: 'User alice@localhost exists' })],
  ['account.checkUser', { user: 'a@else.example' }, fails('domain_not_found')],
  ['account.changeUserPassword', { user: 'new@localhost', newPassword: 'y' }, payload('Password changed')],
  ['account.changeUserPassword', { user: nobody, newPassword: 'y' }, fails('user_does_not_exist')],
  ['account.banUser', { user: 'new@localhost', reason: 'spam' }, gives({ jid: 'new@localhost' })],
  ['account.banUser', { user: nobody, reason: 'spam' }, fails('user_does_not_exist')],
  ['account.removeUser', { user: 'new@localhost' }, payload('User new@localhost successfully unregistered')],
  ['account.removeUser', { user: nobody }, fails('user_does_not_exist')],
]

const last: Case[] = [
  ['last.setLast', { user, timestamp: moment, status: 'gone' }, gives({ user, timestamp: moment, status: 'gone' })],
  ['last.setLast', { user: nobody, status: '' }, fails('not_found')],
  ['last.getLast', { user }, gives({ user, timestamp: moment, status: 'gone' })],
  ['last.getLast', { user: other }, fails('last_not_found')],
  ['last.countActiveUsers', { domain, timestamp: '2026-01-01T00:00:00Z' }, gives(1)],
  ['last.countActiveUsers', { domain: 'else.example' }, fails('domain_not_found')],
  [
    'last.listOldUsers',
    { domain, timestamp: '2026-01-03T00:00:00Z' },
    gives([
      { jid: user, timestamp: moment },
      { jid: other, timestamp: null },
    ]),
  ],
  ['last.listOldUsers', { domain: 'else.example', timestamp: moment }, fails('domain_not_found')],
  ['last.removeOldUsers', { domain: 'else.example', timestamp: moment }, fails('domain_not_found')],
]

const card = {
  formattedName: 'Alice',
  nameComponents: { family: 'L', givenName: 'A' },
  photo: [{ type: 'image/png', binValue: 'AA==' }, { extValue: 'https://x.example/a.png' }],
  sound: [{ phonetic: 'a' }, { binValue: 'AA==' }],
  agent: [{ extValue: 'xmpp:b@c' }, { vcard: { formattedName: 'Agent', nameComponents: {} } }],
  telephone: [{ tags: ['HOME', 'CELL'], number: '1' }],
  categories: [{ keyword: ['a', 'b'] }],
}
const shownCard = {
  formattedName: 'Alice',
  photo: [{ type: 'image/png', binValue: 'AA==' }, { extValue: 'https://x.example/a.png' }],
  sound: [{ phonetic: 'a' }, { binValue: 'AA==' }],
  agent: [{ extValue: 'xmpp:b@c' }, { vcard: { formattedName: 'Agent' } }],
  telephone: [{ tags: ['HOME', 'CELL'], number: '1' }],
  categories: [{ keyword: ['a', 'b'] }],
}

const kept: Case[] = [
  ['vcard.getVcard', { user }, fails('vcard_not_found')],
  ['vcard.setVcard', { user, vcard: card }, gives(shownCard)],
  ['vcard.setVcard', { user: nobody, vcard: card }, fails('user_not_found')],
  ['vcard.getVcard', { user }, gives(shownCard)],
  ['private.setPrivate', { user, elementString: "<a xmlns='urn:x'>1</a>" }, gives("<a xmlns='urn:x'>1</a>")],
  ['private.setPrivate', { user: nobody, elementString: "<a xmlns='urn:x'/>" }, fails('not_found')],
  ['private.getPrivate', { user, element: 'a', nameSpace: 'urn:x' }, gives("<a xmlns='urn:x'>1</a>")],
  ['private.getPrivate', { user: nobody, element: 'a', nameSpace: 'urn:x' }, fails('not_found')],
  ['token.requestToken', { user }, gives({ access: expect.any(String), refresh: expect.any(String) })],
  ['token.requestToken', { user: nobody }, fails('not_found')],
  ['token.revokeToken', { user }, gives('Revoked.')],
  ['token.revokeToken', { user: nobody }, fails('not_found')],
  ['offline.deleteExpiredMessages', { domain }, gives('Removed 0 messages')],
  ['offline.deleteExpiredMessages', { domain: 'else.example' }, fails('domain_not_found')],
  ['offline.deleteOldMessages', { domain, days: 1 }, gives('Removed 0 messages')],
  ['offline.deleteOldMessages', { domain: 'else.example', days: 1 }, fails('domain_not_found')],
  ['inbox.flushUserBin', { user, days: 7 }, gives(0)],
  ['inbox.flushUserBin', { user: nobody }, fails('user_does_not_exist')],
  ['inbox.flushDomainBin', { domain }, gives(0)],
  ['inbox.flushDomainBin', { domain: 'else.example' }, fails('domain_not_found')],
  ['inbox.flushGlobalBin', { hostType: 'localhost' }, gives(0)],
  ['inbox.flushGlobalBin', { hostType: 'none' }, fails('host_type_not_found')],
  ['blocklist.addUser', { user: other, reason: 'spam' }, gives(true)],
  ['blocklist.addUser', { user: nobody }, fails('user_not_found')],
  ['blocklist.userCount', { domain }, gives(1)],
  ['blocklist.userCount', { domain: 'else.example' }, fails('domain_not_found')],
  ['blocklist.listBlockedUsers', { domain }, gives([{ jid: other, reason: 'spam' }])],
  ['blocklist.listBlockedUsers', { domain: 'else.example' }, fails('domain_not_found')],
  ['blocklist.removeUser', { user: other }, gives(true)],
  ['blocklist.removeUser', { user: 'a@else.example' }, fails('domain_not_found')],
]

const friend = (jid: string, name = 'B') => ({ jid, name, groups: ['g'] })
const roster: Case[] = [
  [
    'roster.addContact',
    { user, contact: other, name: 'B', groups: ['g'] },
    gives('Contact bob@localhost added successfully'),
  ],
  ['roster.addContact', { user: nobody, contact: other }, fails('user_not_exist')],
  ['roster.listContacts', { user }, gives([{ ...friend(other), subscription: 'NONE', ask: 'NONE' }])],
  ['roster.listContacts', { user: nobody }, fails('user_not_exist')],
  ['roster.getContact', { user, contact: other }, gives(friend(other))],
  ['roster.getContact', { user, contact: nobody }, fails('contact_not_found')],
  [
    'roster.addContacts',
    { user, contacts: [friend('c@d.example')] },
    gives(['Contact c@d.example added successfully']),
  ],
  ['roster.addContacts', { user: nobody, contacts: [friend(other)] }, fails('user_not_exist')],
  [
    'roster.subscription',
    { user, contact: other, action: 'INVITE' },
    gives('Subscription stanza with type subscribe sent successfully'),
  ],
  ['roster.subscription', { user: nobody, contact: other, action: 'ACCEPT' }, fails('user_not_exist')],
  ['roster.deleteContact', { user, contact: 'c@d.example' }, gives('Contact c@d.example deleted successfully')],
  ['roster.deleteContact', { user, contact: 'c@d.example' }, fails('contact_not_found')],
  ['roster.deleteContacts', { user, contacts: [other] }, gives(['Contact bob@localhost deleted successfully'])],
  ['roster.deleteContacts', { user: nobody, contacts: [other] }, fails('user_not_exist')],
  [
    'roster.setMutualSubscription',
    { userA: user, userB: other, action: 'CONNECT' },
    gives('Mutual subscription established successfully'),
  ],
  ['roster.setMutualSubscription', { userA: user, userB: nobody, action: 'CONNECT' }, fails('user_not_exist')],
  [
    'roster.subscribeToAll',
    { user: friend(user), contacts: [friend(other)] },
    gives([expect.stringContaining('see each other')]),
  ],
  ['roster.subscribeToAll', { user: friend(nobody), contacts: [friend(other)] }, fails('user_not_exist')],
  [
    'roster.subscribeAllToAll',
    { contacts: [friend(user), friend(other)] },
    gives([expect.stringContaining('see each other')]),
  ],
]

const job = {
  name: 'n',
  domain,
  messageSubject: 's',
  messageBody: 'b',
  senderJid: user,
  messageRate: 1000,
  recipientGroup: 'ALL_USERS_IN_DOMAIN',
}
const broadcast: Case[] = [
  ['broadcast.getBroadcasts', { domain }, gives([])],
  ['broadcast.startBroadcast', job, gives({ message: 'Broadcast started', ids: [1] })],
  ['broadcast.startBroadcast', { ...job, senderJid: 'x@else.example' }, fails('sender_not_found')],
  ['broadcast.startBroadcast', { ...job, messageRate: 100_000 }, fails('bad_parameter')],
  ['broadcast.getBroadcasts', { domain: 'else.example' }, fails('domain_not_found')],
  [
    'broadcast.getBroadcast',
    { domain, id: 1 },
    gives({ id: 1, name: 'n', senderJid: user, ownerNode: expect.any(String) }),
  ],
  ['broadcast.getBroadcast', { domain, id: 9 }, fails('broadcast_not_found')],
  ['broadcast.abortBroadcast', { domain, id: 9 }, fails('broadcast_not_found')],
  ['broadcast.deleteInactiveBroadcastsByIds', { domain, ids: [9] }, gives({ ids: [] })],
  ['broadcast.deleteInactiveBroadcastsByIds', { domain: 'else.example', ids: [9] }, fails('domain_not_found')],
  ['broadcast.deleteInactiveBroadcastsByDomain', { domain: 'else.example' }, fails('domain_not_found')],
]

const sent = { from: user, to: other, body: 'hello' }
const stanza: Case[] = [
  ['stanza.sendMessage', sent, gives({ id: expect.any(String) })],
  ['stanza.sendMessage', { ...sent, from: nobody }, fails('unknown_user')],
  ['stanza.sendMessageHeadLine', { from: user, to: other, subject: 's' }, gives({ id: expect.any(String) })],
  ['stanza.sendMessageHeadLine', { from: nobody, to: other }, fails('unknown_user')],
  ['stanza.sendStanza', { stanza: `<message from='${user}' to='${other}' id='7'/>` }, gives({ id: '7' })],
  ['stanza.sendStanza', { stanza: `<message to='${other}'/>` }, fails('no_sender')],
  ['stanza.sendStanza', { stanza: `<message from='${user}'/>` }, fails('no_recipient')],
  ['stanza.sendStanza', {}, fails('input_coercion')],
  ['stanza.getLastMessages', { caller: user, with: other, limit: 5 }, gives({ limit: 5, stanzas: [{ sender: user }] })],
  ['stanza.getLastMessages', { caller: nobody }, fails('user_does_not_exist')],
]

const all = [account, last, kept, roster, broadcast, stanza].flat()

describe('operations on accounts', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'meerkat-test-'))
    for (const name of ['alice', 'bob']) await graphql.own.server.registerUser(name, 'secret')
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it.each(all.map((each) => [each[0], each] as const))('%s', (_name, each) => runCase(graphql, each))

  it('account.importUsers is done after it has been answered', async () => {
    const filename = join(folder, 'users.csv')
    await writeFile(filename, 'one,localhost,x\n')
    await runCase(graphql, [
      'account.importUsers',
      { filename },
      gives({ status: 'ImportUsers scheduled', created: null }),
    ])
    const ask = () => graphql.admin('{ account { checkUser(user: "one@localhost") { exist } } }')
    await expect.poll(ask).toEqual({ account: { checkUser: { exist: true } } })
  })

  it('gdpr.retrievePersonalData writes a file once', async () => {
    const asked = { username: 'alice', domain, resultFilepath: join(folder, 'alice.zip') }
    await runCase(graphql, ['gdpr.retrievePersonalData', asked, gives(expect.stringContaining('alice.zip'))])
    await runCase(graphql, ['gdpr.retrievePersonalData', asked, fails('file_already_exist_error')])
    const unknown = { ...asked, username: 'nobody' }
    await runCase(graphql, ['gdpr.retrievePersonalData', unknown, fails('user_does_not_exist_error')])
    const folderItself = { ...asked, resultFilepath: folder }
    await runCase(graphql, ['gdpr.retrievePersonalData', folderItself, fails('location_is_a_directory_error')])
  })

  it('a broadcast that has ended is deleted, a running one is aborted', async () => {
    const ended = async () =>
      (await graphql.admin('{ broadcast { getBroadcast(domain: "localhost", id: 1) { executionState } } }')).broadcast
    await expect.poll(ended).toEqual({ getBroadcast: { executionState: 'FINISHED' } })
    await runCase(graphql, ['broadcast.deleteInactiveBroadcastsByDomain', { domain }, gives({ ids: [1] })])
    await runCase(graphql, ['broadcast.startBroadcast', { ...job, messageRate: 1 }, gives({ ids: [2] })])
    await runCase(graphql, [
      'broadcast.abortBroadcast',
      { domain, id: 2 },
      gives({ message: 'Broadcast aborted', ids: [2] }),
    ])
  })

  it('last.removeOldUsers removes those who have not been there', async () => {
    const before = { domain, timestamp: '2026-01-02T00:00:00Z' }
    await runCase(graphql, ['last.removeOldUsers', before, gives([{ jid: other }, { jid: 'one@localhost' }])])
  })

  it('none of these categories is left out', () => {
    const categories = ['account', 'last', 'vcard', 'private', 'token', 'offline', 'inbox', 'blocklist']
    const wanted = operationNames('admin', [...categories, 'roster', 'broadcast', 'stanza', 'gdpr'])
    const elsewhere = ['account.importUsers', 'gdpr.retrievePersonalData', ...all.map(([name]) => name)]
    expect(wanted.filter((name) => !elsewhere.includes(name))).toEqual([])
  })
})
