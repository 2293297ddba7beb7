import { CommandError } from '../../module/command-error.ts'
import type { ApiAnswer } from '../../net/http-api.ts'

/** The statuses of the reasons that commands give; every other one is 400. */
const statuses: Readonly<Record<string, number>> = {
  already_exists: 409,
  already_joined: 409,
  broadcast_not_found: 404,
  cannot_register: 403,
  conflict: 409,
  could_not_create_room: 409,
  contact_not_found: 404,
  deleted: 404,
  deps_not_loaded: 404,
  domain_not_found: 404,
  duplicate: 409,
  exists: 409,
  forbidden: 403,
  host_type_not_found: 404,
  internal: 500,
  internal_server_error: 500,
  item_not_found: 404,
  last_not_found: 404,
  limit_per_domain_exceeded: 403,
  max_occupants_reached: 403,
  moderator_not_found: 404,
  muc_server_not_found: 404,
  no_session: 404,
  not_allowed: 403,
  not_found: 404,
  not_room_member: 403,
  removal_incomplete: 500,
  room_not_found: 404,
  sender_not_found: 404,
  server_error: 500,
  static: 403,
  unknown_command: 404,
  unknown_domain: 404,
  user_does_not_exist: 404,
  user_not_exist: 404,
  user_not_found: 404,
  vcard_not_found: 404,
  wrong_host_type: 403,
}

/**
 * How REST answers a command that has failed: the status of its reason, and its message as a string of JSON. `others`: statuses
 * that differ at one path. Undefined for what is no failure of a command.
 */
export function commandFailure(error: unknown, others: Readonly<Record<string, number>> = {}): ApiAnswer | undefined {
  if (!(error instanceof CommandError)) return undefined
  return { status: others[error.code] ?? statuses[error.code] ?? 400, json: error.message }
}
