/**
 * node tools/ci/sum-reports.mjs FOLDER [FAILED STEP...]
 *
 * Adds up the JSON reports of the test runner in FOLDER and prints `N passed, N failed, N skipped` last. A step that failed
 * counts as one failure where no test did. Plain JavaScript, so that it runs even when
 * nothing else does.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const [folder, ...failedSteps] = process.argv.slice(2)
const total = { passed: 0, failed: 0, skipped: 0 }
for (const name of readdirSync(folder).sort()) {
  const report = JSON.parse(readFileSync(join(folder, name), 'utf8'))
  const passed = report.numPassedTests
  const failed = report.numFailedTests
  const skipped = report.numPendingTests + report.numTodoTests
  console.log(`${name}: ${passed} passed, ${failed} failed, ${skipped} skipped`)
  total.passed += passed
  total.failed += failed
  total.skipped += skipped
}
for (const step of failedSteps) console.log(`failed: ${step}`)
total.failed = Math.max(total.failed, failedSteps.length)
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
process.exitCode = total.failed === 0 ? 0 : 1
