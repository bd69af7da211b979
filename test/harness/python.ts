/** Python with packages from PyPI, in environments of the cache. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { cached } from './cache.ts'
import { ProgramMissingError, runOrFail } from './run.ts'

const PIP_TIMEOUT_MS = 300_000

/**
 * The Python of an environment with these packages, made at first use.
 *
 * @param packages with their versions, as `confluent-kafka==2.16.1`
 * @throws when `python3` or its `venv` is missing (it says what to install), or pip fails (with what it said)
 */
export async function pythonWith(packages: readonly string[]): Promise<string> {
  const hash = createHash('sha256').update(packages.join('\n')).digest('hex').slice(0, 16)
  const folder = await cached(`python/${hash}`, (target) => makeEnvironment(target, packages))
  return join(folder, 'bin/python')
}

async function makeEnvironment(target: string, packages: readonly string[]): Promise<void> {
  try {
    await runOrFail('python3', ['-m', 'venv', target])
  } catch (error) {
    const reason = error instanceof ProgramMissingError ? error.message : `python3 -m venv failed: ${error}`
    throw new Error(`${reason}; the tests with Python clients need Python 3 with venv and pip`, {
      cause: error,
    })
  }
  // Not by bin/pip: scripts carry the path that the folder has while it is made.
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input']
  await runOrFail(join(target, 'bin/python'), [...pip, ...packages], { timeoutMs: PIP_TIMEOUT_MS })
}
