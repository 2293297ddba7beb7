import { TcpClient } from '../../src/edges/c2s/tcp-client.ts'
import type { Connection } from '../../src/net/connection.ts'
import type { TlsContext } from '../../src/net/tls-context.ts'
import type { C2sRules } from '../../src/protocol/c2s/rules.ts'
import { FakeService, FakeTransport, settle } from './fake-client-service.ts'

class FakeConnection extends FakeTransport implements Connection {
  handshake: { done(): void; fail(): void } | undefined = undefined

  startTls(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.handshake = {
        done: () => {
          this.isSecure = true
          resolve()
        },
        fail: () => reject(new Error('handshake failed')),
      }
    })
  }

  channelBinding(): Buffer | undefined {
    return this.isSecure ? Buffer.from('exported') : undefined
  }
}

export const opening = `<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='example.org' version='1.0'>`
export const auth = `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGxlbmEAc2VjcmV0</auth>`
export const wrongAuth = `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGxlbmEAd3Jvbmc=</auth>`
export const bind = `<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>phone</resource></bind></iq>`

/** A client that has just connected; `says` gives what it is answered. */
export function connect(changes: Partial<C2sRules> = {}, service = new FakeService(changes)) {
  const connection = new FakeConnection()
  const client = TcpClient.accept(service, connection, {} as TlsContext)
  const says = async (text: string): Promise<string> => {
    const bytes = Buffer.from(text)
    client.data(bytes, bytes.length)
    await settle()
    return connection.take()
  }
  return { service, connection, client, says }
}

/** A client with a session. */
export async function bound(changes: Partial<C2sRules> = {}, service = new FakeService(changes)) {
  const all = connect(changes, service)
  await all.says(opening + auth)
  await all.says(opening + bind)
  if (service.session === undefined) throw new Error('not bound')
  return { ...all, session: service.session }
}
