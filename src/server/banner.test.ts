import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseConfig } from '../config/load.ts'
import { allModules } from '../modules/all.ts'
import { productVersion } from '../util/product.ts'
import { banner } from './banner.ts'
import type { OpenPort } from './port.ts'

const c2s: OpenPort = { address: '127.0.0.1', port: 5222, speaks: 'XMPP clients, STARTTLS', kind: 'c2s' }
const http: OpenPort = { address: '127.0.0.1', port: 5280, speaks: 'HTTP: web chat /chat/', kind: 'http' }
const chat = `
[[listen.http]]
port = 5280
[[listen.http.handlers.webchat_handler]]
path = "/chat/"`

function shown(ports: readonly OpenPort[], { text = '', file = join(process.cwd(), 'meerkat.toml') } = {}): string {
  const { config } = parseConfig({ text: `[general]\nhosts = ["example.org"]\n${text}`, file, modules: allModules })
  return banner({ config, ports })
}

describe('banner', () => {
  it('tells what listens, where things lie and what to type next', () => {
    expect(shown([c2s, http], { text: chat })).toBe(`Meerkat ${productVersion} serves example.org
  127.0.0.1:5222         XMPP clients, STARTTLS
  127.0.0.1:5280         HTTP: web chat /chat/
  configuration          meerkat.toml
  data                   data
  web chat               http://localhost:5280/chat/
Next, make an account:
  npx meerkat account registerUser --domain example.org --username alice --password secret
`)
  })

  it('has no address of a web chat that is not served', () => {
    expect(shown([c2s])).not.toContain('web chat')
    expect(shown([c2s, http])).not.toContain('  web chat')
  })

  it('names the machine as a browser finds it', () => {
    const at = (address: string) => shown([{ ...http, address, kind: 'https' }], { text: chat })
    expect(at('::')).toContain('https://localhost:5280/chat/')
    expect(at('::')).toContain('  [::]:5280 ')
    expect(at('192.0.2.1')).toContain('https://192.0.2.1:5280/chat/')
    expect(at('2001:db8::1')).toContain('https://[2001:db8::1]:5280/chat/')
  })

  it('names the configuration in the command where it is not the usual one', () => {
    expect(shown([], { file: join(process.cwd(), 'etc/chat.toml') })).toContain(
      '--password secret --config etc/chat.toml\n',
    )
    expect(shown([], { file: '/a.toml' })).toContain(' --config /a.toml\n')
  })
})
