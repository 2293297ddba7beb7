import { describe, expect, it } from 'vitest'
import { apiServer } from '../support/client-api.ts'
import { RestClient } from '../support/rest-client.ts'

const handlers = (list: readonly (readonly [string, string])[]) => `
[[listen.http]]
port = 0
ip_address = "127.0.0.1"
${list.map(([name, path]) => `[[listen.http.handlers.${name}]]\npath = "${path}"`).join('\n')}
`
const modules = '[modules.mod_muc_light]\n[modules.mod_mam]\npm = {}\nmuc = { host = "muclight.@HOST@" }\n'

describe('REST for clients of MongooseIM 4.0, whose parts are handlers of their own', () => {
  const own = apiServer(
    `${modules}${handlers([
      ['lasse_handler', '/api/sse"\nmodule = "mongoose_client_api_sse'],
      ['mongoose_client_api_messages', '/api/messages/[:with]'],
      ['mongoose_client_api_contacts', '/api/contacts/[:jid]'],
      ['mongoose_client_api_rooms', '/api/rooms/[:id]'],
      ['mongoose_client_api_rooms_config', '/api/rooms/[:id]/config'],
      ['mongoose_client_api_rooms_users', '/api/rooms/:id/users/[:user]'],
      ['mongoose_client_api_rooms_messages', '/api/rooms/[:id]/messages'],
    ])}`,
  )

  it('does the same at the same paths, with the answers of its time', async () => {
    const [lena, otto] = [await own.user('lena'), await own.user('otto')]
    const reader = await otto.reads()
    const [status, made] = await lena.gets('POST /rooms', { name: 'Club', subject: 'x' })
    const { id } = made as { id: string }
    expect(status).toBe(200)
    expect((await lena.ask(`POST /rooms/${id}/users`, { user: otto.bare })).status).toBe(204)
    const other = { name: 'Chess', subject: 'y' }
    expect(await lena.gets(`PUT /rooms/${id}/config`, other)).toEqual([200, other])
    expect(await otto.gets(`GET /rooms/${id}`)).toMatchObject([200, other])
    expect(await lena.gets(`PUT /rooms/own-${id}`, other)).toEqual([201, { id: `own-${id.toLowerCase()}` }])
    expect((await lena.ask(`POST /rooms/${id}/messages`, { body: 'hi' })).status).toBe(200)
    const items = await otto.ask(`GET /rooms/${id}/messages?limit=1`)
    expect(items.json).toMatchObject([{ type: 'message', body: 'hi', from: lena.bare }])
    expect((await lena.ask(`DELETE /rooms/${id}/users/${otto.bare}`)).status).toBe(204)
    expect((await lena.ask('POST /messages', { to: otto.bare, body: 'hello' })).status).toBe(200)
    expect(await otto.gets(`GET /messages/${lena.bare}`)).toMatchObject([200, [{ body: 'hello' }]])
    expect((await lena.ask('POST /contacts', { jid: otto.bare })).status).toBe(204)
    expect((await lena.ask(`DELETE /contacts/${otto.bare}`)).status).toBe(204)
    const events = [await reader.next(), await reader.next(), await reader.next(), await reader.next()]
    const said = events.map(({ event, data }) => `${event} ${data['affiliation'] ?? data['body']}`)
    expect(said).toEqual(['room.message member', 'room.message hi', 'room.message none', 'message hello'])
    reader.close()
  })
})

describe('REST for clients at other paths', () => {
  const own = apiServer(
    `${modules}${handlers([
      ['mongoose_client_api_messages', '/v1/talk/[:with]'],
      ['mongoose_client_api', '/v2/chat/"\nhandlers = ["rooms", "sse"]\ndocs = false\nhost = "localhost'],
    ])}`,
  )

  it('is where it has been put, with the parts that are wanted', async () => {
    await own.server.registerUser('lena', 'secret')
    const url = own.server.httpUrl
    const at = (path: string) => new RestClient(`${url}${path}`, 'lena@localhost')
    const named = (path: string) => new RestClient(`${url.replace('127.0.0.1', 'localhost')}${path}`, 'lena@localhost')
    expect(await at('/v1').gets('GET /talk')).toEqual([200, []])
    expect(await at('/v1').gets('GET /talk/otto@localhost')).toEqual([200, []])
    expect(await named('/v2/chat').gets('GET /rooms')).toEqual([200, []])
    expect(await named('/v2/chat').gets('GET /contacts')).toEqual([404, 'Not found'])
    expect((await fetch(`${url}/v2/chat/rooms`)).status).toBe(404)
    const reader = await named('/v2/chat').reads()
    reader.close()
    expect((await fetch(`${url}/api-docs`)).status).toBe(404)
  })
})

describe('REST for clients: its description', () => {
  const own = apiServer('')
  const pageOf = async (path: string) => (await fetch(`${own.server.httpUrl}${path}`)).text()

  it('is a page, and a document for programs', async () => {
    const page = await pageOf('/api-docs')
    for (const line of ['POST /api/messages', 'PUT /api/rooms/{id}/config', 'GET /api/sse'])
      expect(page).toContain(line)
    const { paths } = JSON.parse(await pageOf('/api-docs/swagger.json')) as { paths: Record<string, object> }
    expect(Object.keys(paths).sort()).toEqual([
      ...['/api/contacts', '/api/contacts/{jid}', '/api/messages', '/api/messages/{with}', '/api/rooms'],
      ...['/api/rooms/{id}', '/api/rooms/{id}/config', '/api/rooms/{id}/messages', '/api/rooms/{id}/users'],
      ...['/api/rooms/{id}/users/{user}', '/api/sse'],
    ])
  })
})
