import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ServerFolder } from '../support/child-server.ts'
import { PlainClient } from '../support/plain-client.ts'
import { plainSettings, startPlainServer } from '../support/plain-server.ts'
import type { OwnTestServer } from '../support/server.ts'

const muc = "xmlns='http://jabber.org/protocol/muc'"
const owner = 'http://jabber.org/protocol/muc#owner'
const admin = 'http://jabber.org/protocol/muc#admin'
const room = 'hall@conference.localhost'

async function register(port: number, name: string): Promise<void> {
  const client = await PlainClient.connect(port)
  client.says(
    `<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='localhost' version='1.0'>`,
  )
  client.says(
    `<iq type='set' id='r'><query xmlns='jabber:iq:register'><username>${name}</username><password>${name}</password></query></iq>`,
  )
  await client.hears(`<iq type='result' id='r'`)
  client.leaves()
}

async function enters(client: PlainClient, nick: string): Promise<void> {
  client.received = ''
  client.says(`<presence to='${room}/${nick}'><x ${muc}/></presence>`)
  await client.hears('</message>', '<subject')
}

/** Opens a persistent room with these settings. */
function configures(client: PlainClient, id: string, title: string): void {
  const fields = [
    ['FORM_TYPE', 'http://jabber.org/protocol/muc#roomconfig'],
    ['muc#roomconfig_persistentroom', '1'],
    ['muc#roomconfig_roomname', title],
  ].map(([name, value]) => `<field var='${name}'><value>${value}</value></field>`)
  client.says(
    `<iq type='set' id='${id}' to='${room}'><query xmlns='${owner}'><x xmlns='jabber:x:data' type='submit'>${fields.join('')}</x></query></iq>`,
  )
}
