/**
 * `npm run check`: types, lint and format, the floors of the plan, the runtime's globals, and generated files.
 * Runs every step, prints a line for each, and exits with 1 when any failed.
 */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../project-root.ts'
import { findFloorViolations, relativePath, type SourceFile } from './floors.ts'
import { findGlobalUses } from './globals.ts'

const root = projectRoot()

function readSources(): SourceFile[] {
  const src = join(root, 'src')
  return readdirSync(src, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path: relativePath(src, path), text: readFileSync(path, 'utf8') }))
}

function run(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { cwd: root, stdio: 'inherit' }).status === 0
}

function report(findings: readonly string[]): boolean {
  for (const finding of findings) console.log(`  ${finding}`)
  return findings.length === 0
}

const sources = readSources()
const steps: readonly (readonly [name: string, run: () => boolean])[] = [
  ['types', () => run('npx', 'tsc', '-p', 'tsconfig.json')],
  ['lint and format', () => run('npx', 'biome', 'check', '.')],
  ['imports go down the floors', () => report(findFloorViolations(sources))],
  ['the world comes in through the runtime', () => report(findGlobalUses(sources))],
  ['generated files are up to date', () => run(process.execPath, '.build/tools/generate/main.js', '--check')],
]

let failed = 0
for (const [name, step] of steps) {
  const passed = step()
  if (!passed) failed += 1
  console.log(`${passed ? 'ok    ' : 'FAILED'} ${name}`)
}
process.exitCode = failed === 0 ? 0 : 1
