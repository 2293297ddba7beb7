import { LoginGuard } from '../auth/login-guard.ts'
import type { Config } from '../config/schema.ts'
import type { Clock } from '../util/clock.ts'

/** The guard of all ports, by `auth.failed_logins`. */
export function loginGuard({ auth }: Config, clock: Clock): LoginGuard {
  const { free_per_address, free_per_account, first_delay, longest_delay, forget_after } = auth.failed_logins
  const options = {
    freePerAddress: free_per_address,
    freePerAccount: free_per_account,
    firstDelay: first_delay,
    longestDelay: longest_delay,
    forgetAfter: forget_after * 1000,
  }
  return new LoginGuard(options, clock)
}
