/** Where a cluster of the harness keeps its logs and data: below the system's folder for temporary files. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isAlive } from '../cache.ts'

const LOGS_KEPT_MS = 24 * 3_600_000

function runsFolder(): string {
  return join(tmpdir(), 'odradek-kafka')
}

/**
 * A new folder, named for this process. Folders of runs that are over are tidied on the way: their data goes at once (an
 * interrupted run could not do it), their logs after a day.
 */
export function makeRunFolder(): string {
  mkdirSync(runsFolder(), { recursive: true })
  for (const name of readdirSync(runsFolder())) tidy(join(runsFolder(), name), Number(name.split('-')[0]))
  return mkdtempSync(join(runsFolder(), `${process.pid}-`))
}

function tidy(folder: string, owner: number): void {
  if (isAlive(owner)) return
  try {
    if (Date.now() - statSync(folder).mtimeMs > LOGS_KEPT_MS) rmSync(folder, { recursive: true, force: true })
    else removeData(folder)
  } catch {
    // another run tidies too
  }
}

/** Removes what the nodes of a run have stored, and keeps their logs and configurations. */
export function removeData(runFolder: string): void {
  for (const node of readdirSync(runFolder)) {
    rmSync(join(runFolder, node, 'data'), { recursive: true, force: true })
  }
}
