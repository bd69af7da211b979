import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../../tools/project-root.ts'

/** A block of TypeScript in a page of the documentation. */
export interface Sample {
  /** As `README.md:31`, the line of the block's fence. */
  where: string
  code: string
}

const root = projectRoot()
const folder = join(root, '.build/doc-samples')

/** Every block fenced as `ts` in README.md and docs/, and every file of examples/. */
export function findSamples(): Sample[] {
  const pages = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)]
  const blocks = pages
    .filter((page) => page.endsWith('.md'))
    .flatMap((page) => samplesOf(page, readFileSync(join(root, page), 'utf8')))
  const examples = readdirSync(join(root, 'examples'))
    .filter((name) => name.endsWith('.ts'))
    .map((name) => ({ where: `examples/${name}`, code: readFileSync(join(root, 'examples', name), 'utf8') }))
  return [...blocks, ...examples]
}

export function samplesOf(page: string, text: string): Sample[] {
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => ({
    where: `${page}:${text.slice(0, match.index).split('\n').length}`,
    code: match[1],
  }))
}

/** What runs a sample: nothing but its import, or the test runner that it is written for. */
export type Runner = 'import' | 'vitest' | 'node:test'

export function runnerOf({ code }: Sample): Runner {
  if (code.includes("from 'vitest'")) return 'vitest'
  return code.includes("from 'node:test'") ? 'node:test' : 'import'
}

function fileOf(sample: Sample): string {
  const name = sample.where.replace(/[^\w]+/g, '-')
  return runnerOf(sample) === 'vitest' ? `${name}.test.ts` : `${name}.ts`
}

/**
 * Writes the samples as modules that import the sources in place of the package and talk to `broker` in place of
 * localhost:9092, with a tsconfig that checks their types. Gives the folder and the modules' paths.
 */
export function writeSamples(
  samples: readonly Sample[],
  broker: string,
): { folder: string; paths: string[] } {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const include = samples.map(fileOf)
  samples.forEach((sample, i) => {
    const code = sample.code
      .replaceAll("from 'odradek'", "from '../../src/index.ts'")
      .replaceAll("from 'odradek/testing'", "from '../../src/testing/index.ts'")
      .replaceAll("from 'odradek/protocol'", "from '../../src/protocol/index.ts'")
      .replaceAll('localhost:9092', broker)
    // Without an import a block is a script, and its names would meet those of the others.
    writeFileSync(join(folder, include[i]), `${code}\nexport {}\n`)
  })
  const tsconfig = {
    extends: '../../tsconfig.json',
    compilerOptions: { noUnusedLocals: false },
    include: samples.map((_, i) => include[i]),
    exclude: [],
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig))
  // Else Vitest takes the configuration of the project around.
  writeFileSync(join(folder, 'vitest.config.js'), 'export default {}\n')
  return { folder, paths: include.map((name) => join(folder, name)) }
}
