// Before the tests: dist/ is built if it is stale, because the threads and processes that tests start run from there
// (Node 20 loads no TypeScript by itself).
import { buildIfStale } from './build.mjs'

export default function setUp() {
  buildIfStale()
}
