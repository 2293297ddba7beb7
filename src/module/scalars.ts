import { z } from 'zod'
import { Jid } from '../jid/jid.ts'
import { prepareDomain, prepareLocal } from '../jid/prepare.ts'
import { parseTimestamp } from '../stanza/delay.ts'
import { parseElement } from '../xml/parse.ts'

// The scalar types of admin commands. `scalar` in the meta is the name that help, REST and GraphQL show.

function scalar<T>(name: string, parse: (text: string) => T | undefined) {
  return z
    .string()
    .transform((text, context): T => {
      const value = parse(text)
      if (value !== undefined) return value
      context.addIssue({ code: 'custom', input: text, message: `this is not a ${name}.` })
      return z.NEVER
    })
    .meta({ scalar: name })
}

function attempt<T>(run: () => T): T | undefined {
  try {
    return run()
  } catch {
    return undefined
  }
}

/** The address of an account: a local part and a domain. A resource is dropped, as MongooseIM does. */
export const userJid = () =>
  scalar('JID', (text) => {
    const parsed = Jid.tryParse(text)
    return parsed === undefined || parsed.local === '' ? undefined : parsed.bare
  })

/** Any address: of an account, a client, a room, a domain. */
export const address = () => scalar('JID', (text) => Jid.tryParse(text))

/** An address with a resource. */
export const fullJid = () =>
  scalar('FullJID', (text) => {
    const parsed = Jid.tryParse(text)
    return parsed?.isFull === true ? parsed : undefined
  })

/** The name of a domain, prepared. */
export const domain = () => scalar('DomainName', (text) => attempt(() => prepareDomain(text)))

/** The local part of an account, prepared. */
export const userName = () => scalar('UserName', (text) => attempt(() => prepareLocal(text)))

/** A file on the machine of the server; the command line makes its name absolute. */
export const fileName = () => z.string().min(1).meta({ scalar: 'NonEmptyString', file: true })

/** An integer above zero. */
export const posInt = () => z.int().min(1).meta({ scalar: 'PosInt' })

/** An integer of zero or more. */
export const nonNegInt = () => z.int().min(0).meta({ scalar: 'NonNegInt' })

/** An element of XML. */
export const xmlElement = () => scalar('XmlElement', (text) => attempt(() => parseElement(text)))

/** A moment as `2025-05-02T10:11:12Z`; becomes milliseconds since the epoch. */
export const dateTime = () => scalar('DateTime', parseTimestamp)
