/** Something that collects writes during a turn of the event loop. */
export interface Flushable {
  flush(): void
}

let dirty: Flushable[] = []

function flushAll(): void {
  const turn = dirty
  dirty = []
  for (const one of turn) one.flush()
}

/**
 * Has `flush` called once at the end of this turn, after all input of the turn has been handled. One immediate serves
 * every connection of the thread.
 */
export function flushThisTurn(one: Flushable): void {
  if (dirty.length === 0) setImmediate(flushAll)
  dirty.push(one)
}
