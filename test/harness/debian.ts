/** Programs of Debian's packages, unpacked into the cache: nothing is installed, and no root is needed. */
import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { cached } from './cache.ts'
import { run, runOrFail } from './run.ts'

const DOWNLOAD_TIMEOUT_MS = 300_000

export interface DebianProgram {
  command: string
  /** To be added to the environment, so that it finds its libraries. */
  env: Record<string, string>
}

/**
 * A program and the libraries that it needs, fetched by `apt-get download` at first use.
 *
 * @param packages the program's own and all of its libraries that a bare Debian lacks
 * @throws when there is no apt, or it fails (with what it said)
 */
export async function debianProgram(name: string, packages: readonly string[]): Promise<DebianProgram> {
  const hash = createHash('sha256').update(packages.join('\n')).digest('hex').slice(0, 16)
  const folder = await cached(`debian/${name}-${hash}`, (target) => unpack(target, packages))
  const libraries = readdirSync(join(folder, 'usr/lib'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name.endsWith('-linux-gnu'))
    .map((entry) => join(folder, 'usr/lib', entry.name))
  return { command: join(folder, 'usr/bin', name), env: { LD_LIBRARY_PATH: libraries.join(':') } }
}

async function unpack(target: string, packages: readonly string[]): Promise<void> {
  const download = () =>
    run('apt-get', ['download', ...packages], { cwd: target, timeoutMs: DOWNLOAD_TIMEOUT_MS })
  let outcome = await download()
  if (outcome.code !== 0) {
    // The lists of packages may be missing or out of date.
    await run('apt-get', ['update'], { timeoutMs: DOWNLOAD_TIMEOUT_MS })
    outcome = await download()
  }
  if (outcome.code !== 0) throw new Error(`apt-get download ${packages.join(' ')} failed: ${outcome.stderr}`)
  for (const file of readdirSync(target).filter((name) => name.endsWith('.deb'))) {
    await runOrFail('dpkg', ['-x', join(target, file), target])
    await rm(join(target, file))
  }
}
