import type { Address } from './stream.ts'

/** The server the stories talk to. */
export interface TestServer extends Address {
  /** TCP with STARTTLS allowed but not required. */
  readonly port: number
  /** TLS from the first byte. */
  readonly tlsPort: number
  /** Where RFC 7395 is spoken, `ws://` or `wss://`. */
  readonly wsUrl: string
  readonly domain: string
  /** The page with the web chat, where there is one. */
  readonly chatUrl?: string | undefined
  /** TCP where STARTTLS is required before anything else; the domain may be another one of the same server. */
  readonly strict?: { readonly port: number; readonly domain: string } | undefined
  registerUser(user: string, password: string): Promise<void>
  /** Needed only where the server outlives the run. */
  removeUser?(user: string, password: string): Promise<void>
  stop?(): Promise<void>
}

/** Starts our own server in this process on free loopback ports. */
export function startTestServer(): Promise<TestServer> {
  return Promise.reject(new Error('there is no server to start yet; run with TARGET=prosody or TARGET=ejabberd'))
}
