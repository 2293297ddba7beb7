import { CommandError } from '../../module/command-error.ts'
import type { BroadcastPlan } from './api.ts'

function badParameter(name: string): CommandError {
  return new CommandError('bad_parameter', `Invalid parameter: ${name}`, { parameter: name })
}

/** Throws `bad_parameter` for a rate that is none. */
export function requireRate({ rate }: BroadcastPlan): void {
  if (rate < 1 || rate > 1000) throw badParameter('message_rate')
}

const lengths = [
  { field: 'name', least: 1, most: 250 },
  { field: 'subject', least: 0, most: 1024 },
  { field: 'body', least: 1, most: 16_000 },
] as const

/** Throws `bad_parameter` for a text that is too short or too long; characters count, not bytes. */
export function checkRest(plan: BroadcastPlan): void {
  for (const { field, least, most } of lengths) {
    const { length } = [...plan[field]]
    if (length < least || length > most) throw badParameter(field)
  }
}
