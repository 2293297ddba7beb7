import { randomBytes } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { Jid } from '../../src/jid/jid.ts'
import { deriveKeys } from '../support/derive-keys.ts'
import { ownServer } from '../support/own-server.ts'
import { plainPayload, ScramClient } from '../support/sasl.ts'
import { fromBase64, mechanismsOf, openSecure, scram, sendAuth, toBase64 } from '../support/sign-in.ts'
import { RawStream } from '../support/stream.ts'
import { NS } from '../support/xml.ts'

const user = { user: 'old', password: 'secret' }
const failure = `<failure xmlns='${NS.sasl}'><not-authorized/>{any}</failure>`

describe('an account that came with keys for SCRAM-SHA-1 alone', () => {
  const own = ownServer('')
  beforeAll(async () => {
    const jid = Jid.of('old', 'localhost')
    const keys = [await deriveKeys('SHA-1', 'secret', randomBytes(16), 4096)]
    await own.server.server.hostOf('localhost')?.accounts.adopt(jid, { keys })
  })

  /** Begins with SCRAM-SHA-256, which cannot be proven, and goes as far as it goes. */
  async function refused(name: string): Promise<RawStream> {
    const stream = await RawStream.connect(own.server, 'tcp')
    const features = await openSecure(stream)
    // What is offered does not tell whose account has what.
    expect(mechanismsOf(features)).toEqual(expect.arrayContaining(['SCRAM-SHA-256', 'SCRAM-SHA-1', 'PLAIN']))
    const mechanism = 'SCRAM-SHA-256'
    const client = new ScramClient({ mechanism, user: name, password: 'secret' })
    sendAuth(stream, mechanism, toBase64(client.first()))
    const { text } = await stream.receives(`<challenge xmlns='${NS.sasl}'>{data}</challenge>`)
    stream.send(`<response xmlns='${NS.sasl}'>${toBase64(client.final(fromBase64(text.data)))}</response>`)
    await stream.receives(failure)
    return stream
  }

  it('is refused by SCRAM-SHA-256 as nobody is, and the stream waits for another mechanism: SCRAM-SHA-1', async () => {
    const mechanism = 'SCRAM-SHA-1'
    const stream = await refused('old')
    await scram(stream, new ScramClient({ mechanism, ...user }), mechanism)
    stream.destroy()
    const other = await refused('nobody')
    other.destroy()
  })

  it('or PLAIN', async () => {
    const stream = await refused('old')
    sendAuth(stream, 'PLAIN', plainPayload('old', 'secret'))
    await stream.receives(`<success xmlns='${NS.sasl}'/>`)
    stream.destroy()
  })
})
