import type { Socket } from 'node:net'

/** Whom a socket belongs to. */
export interface SocketOwner {
  received(bytes: Uint8Array, length: number): void
  drained(): void
  /** The other side has sent its FIN. */
  end(): void
  broke(error: Error): void
  /** The socket is gone. */
  vanished(): void
}

const ownerKey = Symbol('owner')

interface OwnedSocket extends Socket {
  [ownerKey]?: SocketOwner
}

/** Lets the owner of a socket know what happens on it, but for data; the listeners are the same for all sockets. */
export function listen(socket: OwnedSocket, owner: SocketOwner): void {
  socket[ownerKey] = owner
  socket.on('error', onError)
  socket.on('close', onClose)
  socket.on('end', onEnd)
  socket.on('drain', onDrain)
}

// The plain socket stays below TLS: its errors reach the connection through the TLS socket, but must not crash.
export function unlisten(socket: OwnedSocket): void {
  socket.removeListener('close', onClose)
  socket.removeListener('end', onEnd)
  socket.removeListener('drain', onDrain)
}

/** For `readIntoSharedBuffer`. */
export function onRead(this: OwnedSocket, length: number, bytes: Uint8Array): boolean {
  this[ownerKey]?.received(bytes, length)
  return true
}

/** For the event `data`. */
export function onData(this: OwnedSocket, bytes: Buffer): void {
  this[ownerKey]?.received(bytes, bytes.length)
}

function onDrain(this: OwnedSocket): void {
  this[ownerKey]?.drained()
}

function onEnd(this: OwnedSocket): void {
  this[ownerKey]?.end()
}

function onError(this: OwnedSocket, error: Error): void {
  this[ownerKey]?.broke(error)
}

function onClose(this: OwnedSocket): void {
  this[ownerKey]?.vanished()
}
