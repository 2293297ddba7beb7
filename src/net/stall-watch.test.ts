import { describe, expect, it } from 'vitest'
import { FakeClock } from '../util/clock.ts'
import { StallWatch } from './stall-watch.ts'

class Peer {
  isWaitingForPeer = true
  progress = 0
  stalls = 0
  stalled(): void {
    this.stalls++
  }
}

describe('the stall watch', () => {
  it('tells once when nothing was taken for the limit', () => {
    const clock = new FakeClock()
    const peer = new Peer()
    new StallWatch(clock, 15_000).watch(peer)
    clock.advance(14_999)
    expect(peer.stalls).toBe(0)
    clock.advance(60_000)
    expect(peer.stalls).toBe(1)
  })

  it('begins anew with every byte that is taken', () => {
    const clock = new FakeClock()
    const peer = new Peer()
    new StallWatch(clock, 15_000).watch(peer)
    for (let turn = 0; turn < 10; turn++) {
      clock.advance(10_000)
      peer.progress++
    }
    expect(peer.stalls).toBe(0)
    clock.advance(17_000)
    expect(peer.stalls).toBe(1)
  })

  it('loses interest in who waits no longer or is forgotten', () => {
    const clock = new FakeClock()
    const watch = new StallWatch(clock, 15_000)
    const [done, gone] = [new Peer(), new Peer()]
    watch.watch(done)
    watch.watch(gone)
    done.isWaitingForPeer = false
    watch.forget(gone)
    clock.advance(60_000)
    expect([done.stalls, gone.stalls]).toEqual([0, 0])
  })
})
