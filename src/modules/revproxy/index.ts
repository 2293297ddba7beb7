import { z } from 'zod'
import { defineModule } from '../../module/define.ts'
import { revproxyApi } from './api.ts'
import { compileRoute, firstMatch, RouteError } from './rules.ts'

const route = z
  .strictObject({
    host: z.string().min(1).describe('Host that is asked for, `:name` for a variable part; `_` means any.').meta({
      example: ':shop.example.org',
    }),
    path: z
      .string()
      .describe('What the path begins with, `:name` for a variable part; `_` means any.')
      .meta({ example: '/:shop' }),
    method: z.string().min(1).default('_').describe('Method; `_` means any.'),
    upstream: z
      .string()
      .min(1)
      .describe(
        'Who answers, `http://…` or `https://…`. A path after the name takes the place of what the rule has matched.',
      )
      .meta({ example: 'http://10.0.0.5:8080/:shop' }),
  })
  .superRefine((value, context) => {
    try {
      compileRoute(value)
    } catch (error) {
      if (!(error instanceof RouteError)) throw error
      context.addIssue({ code: 'custom', path: [error.key], input: value[error.key], message: error.message })
    }
  })

export default defineModule({
  name: 'mod_revproxy',
  about: 'Passes HTTP requests on to other services.',
  xeps: [],
  options: z.strictObject({
    routes: z
      .array(route)
      .default([])
      .describe('Rules, tried in this order; the first that fits counts.')
      .meta({ reload: 'live' }),
  }),
  setup({ options, provide }) {
    let written = options.routes
    let rules = written.map(compileRoute)
    provide(revproxyApi, {
      find(request) {
        if (options.routes !== written) {
          written = options.routes
          rules = written.map(compileRoute)
        }
        return firstMatch(rules, request)
      },
    })
  },
})
