/** Kysely's template tag for SQL that the builder has no words for; handed on, so that only this room imports Kysely. */
export { sql } from 'kysely'
