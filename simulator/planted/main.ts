/**
 * `npm run simulate:planted [-- NAME...]`: plants each bug of test/simulator/planted into a copy of the sources, and sees
 * whether the simulator finds it within the stated number of seeds. Names pick those that begin with them.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectRoot } from '../../tools/project-root.ts'
import { type PlantedBug, readPlanted } from './planted-bug.ts'

const root = projectRoot()
const minutes = '1'

function makeCopy(): string {
  const copy = mkdtempSync(join(tmpdir(), 'odradek-planted-'))
  for (const name of ['src', 'simulator', 'tools/project-root.ts', 'package.json', 'tsconfig.json']) {
    cpSync(join(root, name), join(copy, name), { recursive: true })
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  const compilerOptions = {
    noEmit: false,
    rootDir: '.',
    outDir: '.build',
    sourceMap: true,
    incremental: true,
    // A bug may well leave something unused behind.
    noUnusedLocals: false,
    noUnusedParameters: false,
    tsBuildInfoFile: '.build/.tsbuildinfo',
  }
  const config = { extends: './tsconfig.json', compilerOptions, include: ['src', 'simulator'] }
  writeFileSync(join(copy, 'tsconfig.planted.json'), JSON.stringify(config))
  return copy
}

function runIn(
  folder: string,
  command: string,
  ...args: string[]
): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: folder, encoding: 'utf8' })
  return { status, output: `${stdout}${stderr}` }
}

function compile(copy: string): string | undefined {
  const { status, output } = runIn(copy, join(root, 'node_modules/.bin/tsc'), '-p', 'tsconfig.planted.json')
  return status === 0 ? undefined : output
}

/** Undefined when the bug was caught; else what went otherwise. */
function hunt(copy: string, bug: PlantedBug, tell: (text: string) => void): string | undefined {
  const applied = runIn(copy, 'patch', '-p1', '--no-backup-if-mismatch', '-i', bug.path)
  if (applied.status !== 0) return `the patch does not apply any more: ${applied.output}`
  try {
    const problem = compile(copy)
    if (problem !== undefined) return `it does not compile: ${problem}`
    const args = ['--seed', '1', '--seeds', `${bug.seeds}`, '--minutes', minutes, '--scenario', bug.scenario]
    const found = runIn(copy, process.execPath, '.build/simulator/main.js', ...args, '--stop')
    const violation = /VIOLATION of (\S+) with seed (\d+)/.exec(found.output)
    if (violation === null) return `not caught within ${bug.seeds} seeds`
    tell(`caught by ${violation[1]} with seed ${violation[2]} of ${bug.seeds}`)
    return undefined
  } finally {
    runIn(copy, 'patch', '-p1', '-R', '--no-backup-if-mismatch', '-i', bug.path)
  }
}

function main(names: readonly string[]): number {
  const all = readPlanted(join(root, 'test/simulator/planted'))
  const bugs = names.length === 0 ? all : all.filter(({ name }) => names.some((one) => name.startsWith(one)))
  const copy = makeCopy()
  let missed = 0
  try {
    for (const bug of bugs) {
      const problem = hunt(copy, bug, (text) => console.log(`ok     ${bug.name}: ${text}`))
      if (problem === undefined) continue
      missed += 1
      console.log(`MISSED ${bug.name} (${bug.says}): ${problem}`)
    }
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
  const count = (sort: string) => bugs.filter(({ name }) => name.startsWith(sort)).length
  console.log(
    `${bugs.length - missed} of ${bugs.length} planted bugs caught: ${count('client-')} of clients, ${count('broker-')} of brokers`,
  )
  return missed === 0 ? 0 : 1
}

process.exitCode = main(process.argv.slice(2))
