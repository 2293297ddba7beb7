import { address, lines } from './parts.ts'
import { type Shorthand, shorthand } from './shorthand.ts'

interface UploadUrls {
  readonly putUrl: string
  readonly getUrl: string
  readonly headers: readonly { readonly name: string; readonly value: string }[]
}

/** Values of a card, given by position. */
const field = ([user, host, name = '', subname]: readonly string[]): Record<string, string> => ({
  user: address(user, host),
  name,
  ...(subname === undefined ? {} : { subname }),
})

/** What is kept for users: private storage, messages, tokens, cards, files. */
export const keptShorthands: readonly Shorthand[] = [
  shorthand({
    usage: 'private_get USER HOST ELEMENT NAMESPACE',
    about: 'Tells what is kept for a user in private storage.',
    command: 'private.getPrivate',
    input: ([user, host, element = '', nameSpace = '']) => ({ user: address(user, host), element, nameSpace }),
  }),
  shorthand({
    usage: 'private_set USER HOST XML',
    about: 'Keeps an element for a user in private storage.',
    command: 'private.setPrivate',
    input: ([user, host, elementString = '']) => ({ user: address(user, host), elementString }),
    show: () => 'ok',
  }),
  shorthand({
    usage: 'delete_expired_messages HOST',
    about: 'Deletes kept messages whose time is over.',
    command: 'offline.deleteExpiredMessages',
    input: ([domain = '']) => ({ domain }),
  }),
  shorthand({
    usage: 'delete_old_messages HOST DAYS',
    about: 'Deletes kept messages that are so many days old.',
    command: 'offline.deleteOldMessages',
    input: ([domain = '', days = '']) => ({ domain, days }),
  }),
  shorthand({
    usage: 'revoke_token OWNER',
    about: 'Makes the refresh tokens of a user void.',
    command: 'token.revokeToken',
    input: ([user = '']) => ({ user }),
  }),
  shorthand({
    usage: 'get_vcard USER HOST NAME',
    about: 'Tells the values of an element of the vCard of a user.',
    command: 'vcard.getField',
    input: field,
    show: lines,
  }),
  ...['get_vcard2', 'get_vcard2_multi'].map((name) =>
    shorthand({
      usage: `${name} USER HOST NAME SUBNAME`,
      about: 'Tells the values of an element in an element of the vCard of a user.',
      command: 'vcard.getField',
      input: field,
      show: lines,
    }),
  ),
  shorthand({
    usage: 'set_vcard USER HOST NAME CONTENT',
    about: 'Replaces an element of the vCard of a user.',
    command: 'vcard.setField',
    input: ([user, host, name, content]) => ({
      ...field([user ?? '', host ?? '', name ?? '']),
      content: JSON.stringify([content]),
    }),
  }),
  shorthand({
    usage: 'set_vcard2 USER HOST NAME SUBNAME CONTENT',
    about: 'Replaces an element in an element of the vCard of a user.',
    command: 'vcard.setField',
    input: (words) => ({ ...field(words), content: JSON.stringify([words[4]]) }),
  }),
  shorthand({
    usage: 'set_vcard2_multi USER HOST NAME SUBNAME CONTENTS',
    about:
      'Replaces the elements of a name in an element of the vCard of a user by several: CONTENTS is a JSON list of texts.',
    command: 'vcard.setField',
    input: (words) => ({ ...field(words), content: words[4] ?? '' }),
  }),
  shorthand({
    usage: 'http_upload DOMAIN FILENAME SIZE CONTENT_TYPE TIMEOUT',
    about: 'Makes addresses to which a file can be uploaded within TIMEOUT seconds, and from which it can be got.',
    command: 'httpUpload.getUrl',
    input: ([domain = '', filename = '', size = '', contentType = '', timeout = '']) => ({
      ...{ domain, filename, size, contentType, timeout },
    }),
    show: ({ putUrl, getUrl, headers }: UploadUrls) =>
      lines([
        `PutURL: ${putUrl}`,
        `GetURL: ${getUrl}`,
        ...headers.map(({ name, value }) => `Header: ${name}: ${value}`),
      ]),
  }),
]
