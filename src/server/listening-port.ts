import type { Config } from '../config/schema.ts'
import type { TlsContext, Validity } from '../net/tls-context.ts'
import { ClientPort, type Negotiating } from './client-port.ts'
import type { OpenPort, PreparedSettings, RunningPort } from './port.ts'

/** What a port goes by, made anew at every reload. */
export interface PortSettings<Table> {
  readonly table: Table
  readonly tls: TlsContext | undefined
}

/** The socket behind a port. */
interface ClosableListener {
  stopAccepting(): Promise<void>
  close(): Promise<void>
}

/** What is the same for every port, whatever is spoken there: settings that are replaced as a whole, and the end. */
export abstract class ListeningPort<Table, Settings extends PortSettings<Table>, Listener extends ClosableListener>
  implements RunningPort<Table>
{
  protected readonly listener: Listener
  protected settings: Settings
  readonly #negotiating: Negotiating

  protected constructor(listener: Listener, settings: Settings, negotiating: Negotiating) {
    this.listener = listener
    this.settings = settings
    this.#negotiating = negotiating
  }

  abstract readonly connections: number
  abstract readonly streams: number
  abstract readonly openPort: OpenPort

  /** The settings that a table gives. Rejects with TlsError. */
  protected abstract settingsOf(table: Table, config: Config, negotiating: Negotiating): Promise<Settings>

  /** Lets the listener go by `settings`. */
  protected abstract apply(): void

  get table(): Table {
    return this.settings.table
  }

  get validity(): Validity | undefined {
    return this.settings.tls?.validity
  }

  async prepare(table: Table, config: Config): Promise<PreparedSettings> {
    const next = await this.settingsOf(table, config, this.#negotiating)
    return {
      commit: () => {
        this.settings.tls?.close()
        this.settings = next
        this.apply()
      },
      discard: () => next.tls?.close(),
    }
  }

  stopAccepting(): Promise<void> {
    return this.listener.stopAccepting()
  }

  stopNegotiating(): void {
    ClientPort.stopNegotiating(this.#negotiating)
  }

  close(): Promise<void> {
    this.settings.tls?.close()
    return this.listener.close()
  }
}
