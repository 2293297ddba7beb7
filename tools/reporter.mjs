// A vitest reporter whose only line is the last one of the run: `N passed, N failed`, with `, N skipped` where there are any.
// A file that cannot be loaded, and an error outside of any test, count as a failure each.

function count(modules, state) {
  let sum = 0
  for (const module of modules)
    for (const test of module.children.allTests()) if (test.result().state === state) sum += 1
  return sum
}

export default class ClosingLine {
  onTestRunEnd(modules, unhandledErrors) {
    const broken = modules.reduce((sum, module) => sum + module.errors().length, 0)
    const failed = count(modules, 'failed') + broken + unhandledErrors.length
    const skipped = count(modules, 'skipped')
    const line = `${count(modules, 'passed')} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
    // After the other reporters, whatever their order.
    process.on('exit', () => process.stdout.write(`${line}\n`))
  }
}
