import { describe, expect, it } from 'vitest'
import { FakeService, settle } from '../../../test/support/fake-client-service.ts'
import { hostOf } from '../../../test/support/negotiation-driver.ts'
import { connect, opening } from '../../../test/support/tcp-driver.ts'
import { sasl2Profile } from '../../protocol/sasl2/profile.ts'
import { asWire } from '../../xml/wire.ts'

const authenticate = `<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'><initial-response>AGxlbmEAc2VjcmV0</initial-response><bind xmlns='urn:xmpp:bind:0'/></authenticate>`

/** A connection to a host with SASL2, which for this test is content without TLS. */
function client() {
  const sasl2 = sasl2Profile({
    inline: () => [],
    upgrades: () => [],
    unlisted: () => [],
    check: () => undefined,
    tasks: async () => [],
  })
  const host = (domain: string) => ({ ...hostOf(domain), profiles: [{ ...sasl2, isForClearText: true }] })
  return connect({ host }, new FakeService({ host }))
}

describe('SASL2 on a byte stream', () => {
  it('authenticates, binds and takes what came behind it', async () => {
    const { says, service } = client()
    const answer = await says(`${opening}${authenticate}<message id='1'/>`)
    expect(answer).toContain('<authorization-identifier>lena@example.org/made</authorization-identifier>')
    expect(answer).toMatch(/<bound xmlns='urn:xmpp:bind:0'\/><\/success><stream:features>.*<\/stream:features>$/)
    expect(service.session?.received).toEqual([`<message from='lena@example.org/made' to='lena@example.org' id='1'/>`])
    expect(service.negotiating.size).toBe(0)
  })

  it('holds back what the session sends until success has been told', async () => {
    const { says, service } = client()
    service.beforeBind = async (link) => link.send(asWire(`<message id='early'/>`))
    expect(await says(opening + authenticate)).toMatch(/<\/stream:features><message id='early'\/>$/)
  })

  it('ends the session of a connection that is gone by the time it has one', async () => {
    const { says, service, client: stream } = client()
    let go = (): void => {}
    service.beforeBind = () =>
      new Promise((resolve) => {
        go = resolve
      })
    await says(opening + authenticate)
    stream.closed()
    go()
    await settle()
    expect(service.session?.ends).toEqual([{ kind: 'lost' }])
  })
})
