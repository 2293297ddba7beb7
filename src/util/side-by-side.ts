/** Does `work` for each of them, at most so many at a time. When one fails no other is begun; rejects when none is on its way any more. */
export async function sideBySide<T>(
  items: readonly T[],
  most: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  let next = 0
  let failure: { readonly reason: unknown } | undefined
  const lane = async () => {
    while (next < items.length && failure === undefined) {
      const index = next++
      try {
        await work(items[index] as T, index)
      } catch (reason) {
        failure ??= { reason }
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, lane))
  if (failure !== undefined) throw failure.reason
}
