/** A value that is there already, or will be. */
export type Eventually<T> = T | Promise<T>

/** Starts something that nobody waits for. A failure, now or later, is told to `onFailure`; none is left unhandled. */
export function letRun(start: () => unknown, onFailure: (error: unknown) => void): void {
  try {
    const outcome = start()
    if (outcome instanceof Promise) outcome.catch(onFailure)
  } catch (error) {
    onFailure(error)
  }
}

/** Goes on with `next` at once when the value is there, else when it has come: no promise is made for what is synchronous. */
export function afterwards<T, R>(value: Eventually<T>, next: (value: T) => Eventually<R>): Eventually<R> {
  return value instanceof Promise ? value.then(next) : next(value)
}
