import { expect, it } from 'vitest'
import { passwordFor } from './services.ts'

it('makes the password that a TURN server expects', () => {
  expect(passwordFor('100:dummy_user', 'my shared secret')).toBe('aBGRg1t/TGlc9+gkWObW2Li97Ew=')
})
