/** The part of @xmpp/client that the tests use; the package brings no types. */
declare module '@xmpp/client' {
  export interface XmlElement {
    readonly name: string
    readonly attrs: Readonly<Record<string, string>>
    is(name: string, ns?: string): boolean
    getChildText(name: string, ns?: string): string | null
  }
  export interface Entity {
    readonly iqCaller: {
      get(element: XmlElement): Promise<XmlElement | undefined>
      set(element: XmlElement): Promise<XmlElement | undefined>
    }
    start(): Promise<{ toString(): string }>
    stop(): Promise<void>
    /** The connection below. */
    readonly socket: { readonly socket?: { destroy(): void }; destroy?(): void }
    readonly streamManagement: { on(event: 'resumed' | 'fail', handler: () => void): void }
    send(element: XmlElement): Promise<void>
    on(event: 'stanza', handler: (stanza: XmlElement) => void): void
    on(event: 'error', handler: (error: Error) => void): void
  }
  export function client(options: Record<string, string | undefined>): Entity
  export function xml(
    name: string,
    attributes?: string | Record<string, string>,
    ...children: (XmlElement | string)[]
  ): XmlElement
  export function jid(text: string): { bare(): { toString(): string } }
}
