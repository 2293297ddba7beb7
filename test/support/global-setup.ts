import type { TestProject } from 'vitest/node'
import { type PeerName, startPeer } from './peers.ts'

/** Starts the peer that `TARGET` names once for the whole run. Without `TARGET` there is nothing to do. */
export default async function setUp(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const name = process.env.TARGET
  if (name !== 'prosody' && name !== 'ejabberd') {
    project.provide('peer', undefined)
    return undefined
  }
  const peer = await startPeer(name satisfies PeerName)
  project.provide('peer', peer.address)
  return () => peer.stop()
}
