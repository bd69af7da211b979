/**
 * Folders that are made once and used by every later run: jars, a Python environment, another Node.
 *
 * They stand outside the work tree, so that a fresh clone finds what an older one has fetched. A folder appears under its
 * name only when it is complete (it is made under another name and renamed), and a lock file keeps workers that want the
 * same one from all making it. The lock saves work, no more: should two makers get past it, the second to rename loses.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { cacheFolder } from '../../tools/cache-folder.ts'

/** How long to wait for another process that is making the same folder. */
const LOCK_WAIT_MS = 600_000
const LOCK_POLL_MS = 100
/** Follows the name of a folder that is being made. */
const PART = '.part-'

/**
 * The folder `name` of the cache, made by `make` when it is not there. `make` gets an empty folder that is moved to its
 * final place afterwards, so what it writes must not contain its own path.
 */
export async function cached(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const final = join(cacheFolder(dirname(name)), basename(name))
  if (existsSync(final)) return final
  const lock = `${final}.lock`
  await takeLock(lock, final)
  try {
    if (existsSync(final)) return final
    await removeLeftovers(final)
    const folder = await mkdtemp(`${final}${PART}`)
    try {
      await make(folder)
      await rename(folder, final)
    } catch (error) {
      await rm(folder, { recursive: true, force: true })
      if (!existsSync(final)) throw error
    }
    return final
  } finally {
    releaseLock(lock)
  }
}

/** Folders of makers that were interrupted; the lock says that nobody is at it. */
async function removeLeftovers(final: string): Promise<void> {
  for (const name of await readdir(dirname(final))) {
    if (name.startsWith(basename(final) + PART))
      await rm(join(dirname(final), name), { recursive: true, force: true })
  }
}

/** Returns with the lock taken, or without it when somebody else has finished `final` meanwhile. */
async function takeLock(lock: string, final: string): Promise<void> {
  const giveUpAt = Date.now() + LOCK_WAIT_MS
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' })
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    if (existsSync(final)) return
    const owner = lockOwner(lock)
    if (owner !== undefined && !isAlive(owner)) rmSync(lock, { force: true })
    else if (Date.now() > giveUpAt) {
      throw new Error(
        `${final} is being made by process ${owner ?? '?'} for more than ${LOCK_WAIT_MS / 1000} s; remove ${lock} if that is not so`,
      )
    } else await sleep(LOCK_POLL_MS)
  }
}

function releaseLock(lock: string): void {
  if (lockOwner(lock) === process.pid) rmSync(lock, { force: true })
}

/** The process that holds the lock; undefined when it is gone, or taken but not written yet. */
function lockOwner(lock: string): number | undefined {
  try {
    return Number(readFileSync(lock, 'utf8')) || undefined
  } catch {
    return undefined
  }
}

/** Whether a process of that id is there. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
