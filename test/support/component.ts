import { createHash } from 'node:crypto'
import { PaperPeer } from './paper-peer.ts'

/** What a component sends to open its stream; `attributes`: more of them. */
export function componentOpening(name: string, attributes = ''): string {
  return `<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='${name}'${attributes}>`
}

/** What a component proves to know the password with. */
export function handshake(id: string, password: string): string {
  return `<handshake>${createHash('sha1')
    .update(id + password)
    .digest('hex')}</handshake>`
}

/** A component that says what a test has it say. */
export class PaperComponent {
  readonly peer: PaperPeer

  private constructor(peer: PaperPeer) {
    this.peer = peer
  }

  /** What it proves to know the password with. */
  static proof(id: string, password = 'secret'): string {
    return `<handshake>${createHash('sha1')
      .update(id + password)
      .digest('hex')}</handshake>`
  }

  /** Connects and opens a stream; the header that answers has been heard. */
  static async open(port: number, name: string, attributes = ''): Promise<{ peer: PaperPeer; id: string }> {
    const peer = await PaperPeer.connect(port)
    peer.says(componentOpening(name, attributes))
    const header = await peer.hears('>').then(async (declaration) => declaration + (await peer.hears('>')))
    return { peer, id: /\bid='([^']+)'/.exec(header)?.[1] ?? '' }
  }

  /** Connects and is let in. */
  static async connect(
    port: number,
    name: string,
    { password = 'secret', attributes = '' } = {},
  ): Promise<PaperComponent> {
    const { peer, id } = await PaperComponent.open(port, name, attributes)
    peer.says(PaperComponent.proof(id, password))
    await peer.hears('<handshake/>')
    return new PaperComponent(peer)
  }

  says(text: string): void {
    this.peer.says(text)
  }

  hears(text: string): Promise<string> {
    return this.peer.hears(text)
  }

  /** Ends the stream and waits until the server has. */
  async leaves(): Promise<void> {
    this.peer.says('</stream:stream>')
    await this.peer.hearsEnd()
  }

  destroy(): void {
    this.peer.destroy()
  }
}
