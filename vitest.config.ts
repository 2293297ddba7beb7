import { defineConfig } from 'vitest/config'

export default defineConfig({
  // What examples import by name is the source that is tested.
  resolve: { alias: { meerkat: new URL('src/index.ts', import.meta.url).pathname } },
  test: {
    pool: 'threads',
    isolate: false,
    globalSetup: ['tools/global-setup.mjs', 'test/support/global-setup.ts'],
    setupFiles: ['test/support/setup.ts'],
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 30_000,
    // Its own limit of a second would make a test of how busy the machine is.
    expect: { poll: { timeout: 15_000 } },
  },
})
