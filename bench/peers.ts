import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { projectRoot } from '../tools/project-root.ts'

/** Other clients that a benchmark can run beside ours. Those with install scripts cannot be had without one. */
export const peerNames: readonly string[] = ['kafkajs', 'platformatic']

const folder = join(projectRoot(), 'bench/peers')

/** Installs bench/peers once; the root's own `npm ci` leaves peers alone. */
export function installPeers(): void {
  if (existsSync(join(folder, 'node_modules'))) return
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts'], { cwd: folder, stdio: 'inherit' })
  if (status !== 0) throw new Error(`npm ci in ${folder} failed; the peers cannot be measured`)
}

/** Loads a package from bench/peers. */
export async function loadPeer<T>(name: string): Promise<T> {
  return import(createRequire(join(folder, 'package.json')).resolve(name))
}
