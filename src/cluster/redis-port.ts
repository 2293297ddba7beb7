/** One connection to Redis: commands are done in the order in which they are sent. */
export interface RedisPort {
  /** Rejects where there is no answer in time; the command may have been done all the same. */
  call(command: string, ...words: (string | number)[]): Promise<unknown>
  /** Ends the connection; what is under way rejects. */
  close(): void
}

/** A Lua script, sent as a whole: it is short, and Redis keeps what it has compiled. */
export function evaluate(
  redis: RedisPort,
  script: string,
  keys: readonly string[],
  words: readonly (string | number)[],
): Promise<unknown> {
  return redis.call('EVAL', script, keys.length, ...keys, ...words)
}
