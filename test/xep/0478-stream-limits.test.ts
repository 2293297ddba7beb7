import { describe, expect, it } from 'vitest'
import { startTestServer } from '../support/server.ts'
import { authenticate, openSecure } from '../support/sign-in.ts'
import { story } from '../support/story.ts'
import { RawStream } from '../support/stream.ts'

const ns = 'urn:xmpp:stream-limits:0'

describe('XEP-0478 stream limits', () => {
  story(
    '§3 the largest element is announced before and after signing in',
    { differs: { prosody: 'has other limits', ejabberd: 'announces none' } },
    async ({ alice, connect }) => {
      const stream = await connect()
      const before = await openSecure(stream)
      const after = await authenticate(stream, alice, before)
      for (const features of [before, after]) {
        expect(features.child('limits', ns)?.child('max-bytes')?.text()).toBe('65536')
        expect(features.child('limits', ns)?.child('idle-seconds')).toBeUndefined()
      }
    },
  )

  it('§3 where silent clients are pinged, so is the time until then', async () => {
    const config = `
[general]
hosts = ["localhost"]
loglevel = "error"
[[listen.c2s]]
port = 0
ip_address = "127.0.0.1"
[modules.mod_ping]
send_pings = true
ping_interval = 77
`
    const server = await startTestServer({ config })
    await server.registerUser('lena', 'secret')
    const stream = await RawStream.connect(server, 'tcp')
    stream.open()
    await stream.receivesHeader()
    const features = await authenticate(stream, { local: 'lena', password: 'secret' }, await stream.receivesFeatures())
    expect(features.child('limits', ns)?.child('idle-seconds')?.text()).toBe('77')
    stream.destroy()
    await server.stop()
  })
})
