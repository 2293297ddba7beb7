import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

/** Where the program lies. */
export const installFolder: string = fileURLToPath(new URL('../..', import.meta.url)).replace(/[/\\]$/, '')

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string }

/** What the server calls itself. */
export const productName = 'Meerkat'
/** The running release. */
export const productVersion: string = version
/** What this server is called among others. */
export const nodeName = 'meerkat@localhost'
/** Names the product where a URI is asked for, as in entity capabilities. */
export const productUri = 'urn:x-meerkat:server'
