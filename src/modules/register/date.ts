/** `2024-05-02 10:11:09`, in UTC. */
export function formatUtcDate(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ')
}
