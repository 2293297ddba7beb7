import { setTimeout as sleep } from 'node:timers/promises'
import { closeAll, type Finding, type Load, openAll } from './scenarios.ts'
import type { Client, Target } from './support/client.ts'
import { cpuSeconds, untilQuiet } from './support/process-stats.ts'

/** Rooms of the same size. */
export interface RoomLoad {
  count: number
  occupants: number
}

const muc = "xmlns='http://jabber.org/protocol/muc'"
const instant = "<query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'/></query>"

function addressOf(target: Target, index: number): string {
  return `bench${index}@conference.${target.domain}`
}

/** Has a client enter and waits for the subject, which comes last. */
async function enter(client: Client, room: string, nick: string): Promise<void> {
  await new Promise<void>((resolve) => {
    client.onElement = (element) => {
      if (element.startsWith('<message') && element.includes('<subject')) resolve()
    }
    client.send(`<presence to='${room}/${nick}'><x ${muc}/></presence>`)
  })
}

async function open(owner: Client, room: string): Promise<void> {
  await enter(owner, room, 'n0')
  await new Promise<void>((resolve) => {
    owner.onElement = (element) => {
      if (element.startsWith('<iq')) resolve()
    }
    owner.send(`<iq type='set' id='open' to='${room}'>${instant}</iq>`)
  })
}

/** Every client in one room; gives the occupants of each. */
async function fill(target: Target, clients: readonly Client[], { count, occupants }: RoomLoad): Promise<Client[][]> {
  const rooms: Client[][] = []
  for (let index = 0; index < count; index += 1) {
    const inside = clients.slice(index * occupants, (index + 1) * occupants)
    await open(inside[0] as Client, addressOf(target, index))
    for (const [place, client] of inside.entries())
      if (place > 0) await enter(client, addressOf(target, index), `n${place}`)
    rooms.push(inside)
  }
  return rooms
}

interface Conversation {
  received: number
  faults: number
  isStopping: boolean
}

/** Has the occupants of a room speak in turn, each once all have heard the one before. */
function converse(inside: readonly Client[], room: string, state: Conversation): void {
  let round = 0
  let waiting = 0
  const speak = () => {
    round += 1
    waiting = inside.length
    const speaker = inside[round % inside.length] as Client
    speaker.send(`<message to='${room}' type='groupchat'><body>round ${round}.</body></message>`)
  }
  const take = (element: string) => {
    if (!element.startsWith('<message')) return
    state.received += 1
    if (!element.includes(`>round ${round}.<`)) state.faults += 1
    waiting -= 1
    if (waiting === 0 && !state.isStopping) speak()
  }
  for (const client of inside) client.onElement = take
  speak()
}

/** Rooms in which one after the other speaks, each once all have heard the one before. */
export async function measureGroupchat(target: Target, load: Load, size: RoomLoad): Promise<Finding> {
  const clients = await openAll(target, size.count * size.occupants, { withPresence: true })
  const rooms = await fill(target, clients, size)
  const state: Conversation = { received: 0, faults: 0, isStopping: false }
  for (const [index, inside] of rooms.entries()) converse(inside, addressOf(target, index), state)
  await sleep(load.warmUp * 1000)
  const [cpu, received, begun] = [cpuSeconds(target.pid), state.received, performance.now()]
  await sleep(load.seconds * 1000)
  const deliveries = state.received - received
  const [used, seconds] = [cpuSeconds(target.pid) - cpu, (performance.now() - begun) / 1000]
  state.isStopping = true
  await sleep(1000)
  await closeAll(clients)
  const figures = { 'us/delivery': (used * 1e6) / deliveries, 'deliveries/s': deliveries / seconds }
  return { scenario: `groupchat ${size.count} x ${size.occupants}`, figures, faults: state.faults }
}

/** One more comes into a full room, leaves, and comes again. */
export async function measureEntering(target: Target, load: Load, { occupants }: RoomLoad): Promise<Finding> {
  const clients = await openAll(target, occupants, { withPresence: true })
  await fill(target, clients, { count: 1, occupants })
  const guest = clients.at(-1) as Client
  const room = addressOf(target, 0)
  await untilQuiet(target.pid)
  let entries = 0
  const [cpu, begun] = [cpuSeconds(target.pid), performance.now()]
  while (performance.now() - begun < load.seconds * 1000) {
    guest.send(`<presence to='${room}/n${occupants - 1}' type='unavailable'/>`)
    await enter(guest, room, `n${occupants - 1}`)
    entries += 1
  }
  const used = cpuSeconds(target.pid) - cpu
  await closeAll(clients)
  const figures = { 'ms/entry with exit': (used * 1000) / entries, 'entries/s': entries / load.seconds }
  return { scenario: `room entry, ${occupants} inside`, figures, faults: 0 }
}
