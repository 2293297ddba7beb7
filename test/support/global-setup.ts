import type { TestProject } from 'vitest/node'
import { databaseFolder, stopSharedServers } from './database-servers.ts'
import { type PeerName, startPeer } from './peers.ts'

/** Gives suites a place for databases, and starts the peer that `TARGET` names, once for the whole run. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const folder = databaseFolder()
  project.provide('databaseFolder', folder)
  const peer = await startTarget(project)
  return async () => {
    stopSharedServers(folder)
    await peer?.stop()
  }
}

async function startTarget(project: TestProject) {
  const name = process.env.TARGET
  if (name !== 'prosody' && name !== 'ejabberd') {
    project.provide('peer', undefined)
    return undefined
  }
  const peer = await startPeer(name satisfies PeerName)
  project.provide('peer', peer.address)
  return peer
}
