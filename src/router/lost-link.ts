import type { ClientLink } from './session.ts'

/** Stands for a connection that is lost, until the session has another one or ends: what is sent there goes nowhere. */
export class LostLink implements ClientLink {
  readonly form: ClientLink['form']
  readonly bufferedBytes = 0
  readonly #over: Promise<void>
  #end = (): void => {}

  constructor(form: ClientLink['form']) {
    this.form = form
    this.#over = new Promise((resolve) => {
      this.#end = resolve
    })
  }

  send(): void {}

  /** Nobody reads here: who waits goes on when there is another connection, or no session any more. */
  whenRead(): Promise<void> {
    return this.#over
  }

  close(): void {
    this.#end()
  }
}
