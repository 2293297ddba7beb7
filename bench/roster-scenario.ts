import { closeAll, type Finding, type Load, openAll } from './scenarios.ts'
import type { Client, Target } from './support/client.ts'
import { cpuSeconds, untilQuiet } from './support/process-stats.ts'

/** Changes one contact after another, each when the last one has been answered. */
class Editor {
  changes = 0
  faults = 0
  readonly #client: Client
  #done: () => void = () => {}
  #left = 0

  constructor(client: Client) {
    this.#client = client
    client.onElement = (element) => this.#take(element)
    client.onClosed = () => this.#fail()
  }

  /** Resolves when so many changes have been made. */
  change(count: number): Promise<void> {
    this.#left = count
    return new Promise((resolve) => {
      this.#done = resolve
      this.#next()
    })
  }

  #next(): void {
    if (this.#left === 0) {
      this.#done()
      return
    }
    this.#left -= 1
    const contact = this.#left % 20
    const item = `<item jid='contact${contact}@example.org' name='n${this.changes}'><group>Friends</group></item>`
    this.#client.send(`<iq type='set' id='c${this.changes}'><query xmlns='jabber:iq:roster'>${item}</query></iq>`)
  }

  /** The push comes too; it is the answer that counts. */
  #take(element: string): void {
    if (!element.startsWith('<iq') || !element.includes(`id='c${this.changes}'`)) return
    if (!element.includes(`type='result'`)) {
      this.#fail()
      return
    }
    this.changes += 1
    this.#next()
  }

  #fail(): void {
    this.faults += 1
    this.#done()
  }
}

/** Changes of rosters: so many users at once, one change after another each. */
export async function measureRoster(target: Target, load: Load): Promise<Finding> {
  const each = 20
  const clients = await openAll(target, load.sessions, { withPresence: true })
  const editors = clients.map((client) => new Editor(client))
  const all = (count: number) => Promise.all(editors.map((editor) => editor.change(count)))
  await all(each)
  await untilQuiet(target.pid)
  const [cpu, begun] = [cpuSeconds(target.pid), performance.now()]
  await all(each)
  const seconds = (performance.now() - begun) / 1000
  await untilQuiet(target.pid)
  const used = cpuSeconds(target.pid) - cpu
  await closeAll(clients)
  const count = load.sessions * each
  return {
    scenario: 'roster',
    figures: { 'us/change': (used * 1e6) / count, 'changes/s': count / seconds },
    faults: editors.reduce((sum, { faults }) => sum + faults, 0),
  }
}
