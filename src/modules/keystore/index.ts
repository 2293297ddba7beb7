import { z } from 'zod'
import { filePath, noEffect, oneOf } from '../../config/option.ts'
import { readBinaryFile } from '../../config/text-file.ts'
import { defineModule } from '../../module/define.ts'
import { type Key, keystoreApi } from './api.ts'

const keyOptions = z
  .strictObject({
    name: z.string().min(1).describe('Name of the key.'),
    type: oneOf('file', 'ram').describe(
      '`file`: read at the start; `ram`: made by the server, another one at each start; the nodes of a cluster have the same, until the last one stops.',
    ),
    path: filePath()
      .optional()
      .describe('The file of the key, used byte for byte.')
      .meta({ aliases: ['file'] }),
  })
  .superRefine(({ type, path }, context) => {
    if (type === 'ram' || path !== undefined) return
    context.addIssue({ code: 'custom', path: ['path'], input: path, message: 'A key of type "file" needs its path.' })
  })

export default defineModule({
  name: 'mod_keystore',
  about: 'Keeps named secrets for other modules.',
  xeps: [],
  inCluster: true,
  options: z.strictObject({
    backend: noEffect(oneOf('mnesia', 'cets'), 'keys are kept in the memory of the server, and shared in a cluster'),
    keys: z
      .array(keyOptions)
      .default([])
      .superRefine((keys, context) => {
        const names = keys.map(({ name }) => name)
        names.forEach((name, index) => {
          if (names.indexOf(name) === index) return
          context.addIssue({
            code: 'custom',
            path: [index, 'name'],
            input: name,
            message: 'There is a key of this name.',
          })
        })
      })
      .describe('The keys.'),
    ram_key_size: z.int().min(0).default(2048).describe('Length of keys of type `ram`, in bytes.'),
  }),
  async setup({ host, options, provide, log }) {
    const keys = new Map<string, Key>()
    for (const { name, type, path = '' } of options.keys) {
      const secret =
        type === 'ram'
          ? await host.cluster.secret(`keystore.${host.type}.${name}`, options.ram_key_size)
          : await fileKey(name, path)
      if (secret.length === 0) log.warn({ what: 'empty_key', key: name })
      keys.set(name, { secret, type })
    }
    provide(keystoreApi, { get: (name) => keys.get(name) })
  },
})

async function fileKey(name: string, path: string): Promise<Buffer> {
  try {
    return await readBinaryFile(path)
  } catch (cause) {
    throw new Error(`The key ${name} of mod_keystore cannot be read from ${path}`, { cause })
  }
}
