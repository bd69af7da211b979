import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectRoot } from '../../tools/project-root.ts'
import type { Runner, Sample, Scenario } from '../scenario.ts'

const root = projectRoot()

/**
 * What a fresh process spends on importing the main entry, in milliseconds: of the clock, which other work on the
 * machine lengthens, or of the processor.
 */
function importTime(which: 'wall' | 'processor'): () => Promise<Runner> {
  const now =
    which === 'wall'
      ? 'performance.now()'
      : '(({ user, system }) => (user + system) / 1000)(process.cpuUsage())'
  const entry = JSON.stringify(join(root, 'dist/index.js'))
  const program = `const now = () => ${now}; const t = now(); await import(${entry}); console.log(now() - t)`
  return async () => ({
    async run() {
      const printed = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
        encoding: 'utf8',
      })
      return figure(Number(printed), 'ms')
    },
  })
}

/** Packs the package, installs it into an empty folder, and weighs both. */
function sizes(which: 'packed' | 'installed'): () => Promise<Runner> {
  return async () => {
    const folder = mkdtempSync(join(tmpdir(), 'odradek-size-'))
    const npm = (...args: string[]) =>
      execFileSync('npm', args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' })
    const [{ filename }] = JSON.parse(npm('pack', root, '--json', '--ignore-scripts'))
    writeFileSync(join(folder, 'package.json'), '{"private":true}')
    npm('install', '--ignore-scripts', join(folder, filename))
    const amount =
      which === 'packed' ? statSync(join(folder, filename)).size : folderSize(join(folder, 'node_modules'))
    return {
      run: async () => figure(amount / 1024, 'KiB'),
      close: async () => rmSync(folder, { recursive: true }),
    }
  }
}

function folderSize(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)
}

function figure(amount: number, unit: string): Partial<Sample> {
  return { value: { amount, unit } }
}

/** What it costs to have the package: `npm run build` comes first. */
export const packaging: Scenario = {
  name: 'package',
  needsBroker: false,
  defaultRecords: 1,
  prepare: async () => {
    execFileSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' })
  },
  cases: [
    { name: 'import, wall time', bytesPerRecord: 0, rounds: 15, clients: { odradek: importTime('wall') } },
    {
      name: 'import, processor time',
      bytesPerRecord: 0,
      rounds: 15,
      clients: { odradek: importTime('processor') },
    },
    { name: 'packed size', bytesPerRecord: 0, rounds: 1, clients: { odradek: sizes('packed') } },
    {
      name: 'installed size with dependencies',
      bytesPerRecord: 0,
      rounds: 1,
      clients: { odradek: sizes('installed') },
    },
  ],
}
