import { allModules } from '../../src/modules/all.ts'

/** What modules cannot do without, or do nothing without. */
const settings: Readonly<Record<string, string>> = {
  mod_event_pusher: `
[modules.mod_event_pusher.push]
`,
  mod_http_upload: `
[modules.mod_http_upload.s3]
bucket_url = "https://s3.test/bucket"
region = "eu-west-1"
access_key_id = "id"
secret_access_key = "key"
`,
  mod_keystore: `
[[modules.mod_keystore.keys]]
name = "token_secret"
type = "ram"
[[modules.mod_keystore.keys]]
name = "provision_pre_shared"
type = "ram"
`,
  mod_mam: `
user_prefs_store = "rdbms"
[modules.mod_mam.pm]
[modules.mod_mam.muc]
`,
}

/** Those that need another server beside ours. */
const dependent = new Set([
  'mod_external_filter',
  'mod_push_service',
  'mod_push_service_mongoosepush',
  'mod_shared_roster_ldap',
])

/** Tables of a configuration with every module that comes with the server and keeps to its own; `own` has some itself. */
export function everyModule(own = ''): string {
  const tables = allModules
    .filter(({ name }) => !dependent.has(name) && !own.includes(`[modules.${name}]\n`))
    .map(({ name }) => `[modules.${name}]\n${settings[name] ?? ''}`)
  return `${tables.join('\n')}\n${own}`
}
