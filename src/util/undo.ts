/** That somebody has joined something, until he leaves it. */
export interface Membership {
  leave(): void
}

/** How something that was taken is given back. A membership stands for itself: a closure for each would cost as much again. */
export type Undo = Membership | (() => void | Promise<void>)

/** Gives back what was taken, last first, each when the one before has been. */
export async function undoAll(taken: Undo[]): Promise<void> {
  for (const undo of taken.splice(0).reverse()) await (typeof undo === 'function' ? undo() : undo.leave())
}
