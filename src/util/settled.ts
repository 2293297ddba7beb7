/** A value that is there already, or will be. */
export type Eventually<T> = T | Promise<T>

/** Goes on with `next` at once when the value is there, else when it has come: no promise is made for what is synchronous. */
export function afterwards<T, R>(value: Eventually<T>, next: (value: T) => Eventually<R>): Eventually<R> {
  return value instanceof Promise ? value.then(next) : next(value)
}
