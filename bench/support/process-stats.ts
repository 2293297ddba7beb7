import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** Whether this system has what the figures are read from. */
export const hasProc = existsSync('/proc/self/smaps_rollup')

const ticksPerSecond = hasProc ? Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' })) : 100

/** A process and its descendants. */
function family(pid: number): number[] {
  const all = [pid]
  for (const parent of all) {
    try {
      for (const thread of readdirSync(`/proc/${parent}/task`)) {
        const children = readFileSync(`/proc/${parent}/task/${thread}/children`, 'utf8')
        all.push(...children.split(' ').filter(Boolean).map(Number))
      }
    } catch {
      // It ended between two reads; what it used is counted by its parent (cutime).
    }
  }
  return all
}

/** CPU seconds that a process, all its threads and its descendants have used, in user space and in the kernel on its behalf. */
export function cpuSeconds(pid: number): number {
  let ticks = 0
  for (const one of family(pid)) {
    try {
      const stat = readFileSync(`/proc/${one}/stat`, 'utf8')
      // The name stands in brackets and may contain anything; utime is the 14th field, 12th after the name.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      for (const index of [11, 12, 13, 14]) ticks += Number(fields[index])
    } catch {
      // As above.
    }
  }
  return ticks / ticksPerSecond
}

/** Resident memory of a process and its descendants, KiB. Kernel socket buffers are not in it. */
export function residentKib(pid: number): number {
  let sum = 0
  for (const one of family(pid)) {
    const rollup = readFileSync(`/proc/${one}/smaps_rollup`, 'utf8')
    sum += Number(/^Rss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0)
  }
  return sum
}

/** Waits until the process uses less than 6 % of one core for half a second, but no longer than `atMost` milliseconds. */
export async function untilQuiet(pid: number, atMost = 20_000): Promise<void> {
  const end = Date.now() + atMost
  while (Date.now() < end) {
    const before = cpuSeconds(pid)
    await sleep(500)
    if (cpuSeconds(pid) - before < 0.03) return
  }
}

/** CPU seconds of the machine outside of idle; to tell how much else was going on. */
export function machineCpuSeconds(): number {
  const [, ...fields] = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]?.split(/\s+/) ?? []
  const busy = [0, 1, 2, 5, 6, 7].reduce((sum, index) => sum + Number(fields[index] ?? 0), 0)
  return busy / ticksPerSecond
}
