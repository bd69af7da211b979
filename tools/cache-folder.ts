import { mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * A folder below the cache of odradek's tools and tests, made when it is not there: jars and compiled helpers,
 * outside of the work tree and worth keeping from one clone to the next. `ODRADEK_CACHE` is the folder itself,
 * `XDG_CACHE_HOME` the one above it.
 */
export function cacheFolder(...path: string[]): string {
  const home = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  const folder = join(process.env.ODRADEK_CACHE || join(home, 'odradek'), ...path)
  mkdirSync(folder, { recursive: true })
  return folder
}
