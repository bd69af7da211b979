import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of odradek's own package.json, from the sources as well as from what is compiled to .build. */
export function projectRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  for (;;) {
    const manifest = join(folder, 'package.json')
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).name === 'odradek') return folder
    const parent = dirname(folder)
    if (parent === folder) throw new Error('no package.json of odradek above this file')
    folder = parent
  }
}
