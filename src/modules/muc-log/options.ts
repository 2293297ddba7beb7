import { z } from 'zod'
import { ruleName } from '../../config/option.ts'

export const options = z.strictObject({
  outdir: z.string().min(1).default('www/muc').describe('Folder of the logs; it is made when it is not there.'),
  access_log: ruleName()
    .default('muc_admin')
    .describe('Who may see and set whether a room is logged.')
    .meta({ reload: 'live' }),
  dirtype: z
    .enum(['subdirs', 'plain'])
    .default('subdirs')
    .describe('`subdirs`: a folder each year and month; `plain`: the whole date in the name of the file.'),
  dirname: z
    .enum(['room_jid', 'room_name'])
    .default('room_jid')
    .describe('What the folder of a room is called: its address, or the part before the @.'),
  file_format: z.enum(['html', 'plaintext']).default('html').describe('Kind of the files.'),
  css_file: z
    .string()
    .min(1)
    .transform((text) => (text === 'false' ? undefined : text))
    .optional()
    .describe('Stylesheet that pages link to instead of having their own.'),
  timezone: z.enum(['local', 'universal']).default('local').describe('Clock of file names and times.'),
  top_link: z
    .strictObject({
      target: z.string().describe('Where it leads.'),
      text: z.string().describe('Its text, which may be HTML.'),
    })
    .default({ target: '/', text: 'Home' })
    .describe('Link at the top of each page.'),
  spam_prevention: z.boolean().default(true).describe('Links in messages say `rel="nofollow"`.'),
})

export type MucLogOptions = z.output<typeof options>
