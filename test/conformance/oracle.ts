/** Kafka's own codec as a source of vectors: the Java program under `oracle/`, compiled once into the cache. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { KAFKA_VERSION } from '../../tools/kafka-version.ts'
import { projectRoot } from '../../tools/project-root.ts'
import { cached } from '../harness/cache.ts'
import { classpathOf } from '../harness/maven.ts'
import { ProgramMissingError, runOrFail } from '../harness/run.ts'

const folder = join(projectRoot(), 'test/conformance/oracle')

export interface OracleOptions {
  /** Within 64 bits. */
  seed: number | bigint
  /** Vectors of each version of each message. */
  perVersion: number
  /** Names of messages; all of them when left out. */
  messages?: readonly string[]
}

/**
 * Vectors as lines of JSON; the same options give the same lines.
 *
 * @throws when the JDK or Maven is missing, with what to install.
 */
export async function makeVectors({ seed, perVersion, messages = [] }: OracleOptions): Promise<string[]> {
  try {
    const { classes, libraries } = await prepareOracle()
    const { stdout } = await runOrFail('java', [
      // The run is over before the second compiler would pay: 1.0 s of processor for 7,500 vectors, not 2.5 s.
      '-XX:TieredStopAtLevel=1',
      '-cp',
      [classes, libraries].join(delimiter),
      'VectorOracle',
      ...['--seed', String(seed)],
      ...['--per-version', String(perVersion)],
      ...messages,
    ])
    return stdout.trimEnd().split('\n')
  } catch (error) {
    if (!(error instanceof ProgramMissingError)) throw error
    throw new Error(
      "Kafka's own codec is asked here, which takes a JDK (17 or later) and Maven: install both",
      {
        cause: error,
      },
    )
  }
}

async function prepareOracle(): Promise<{ classes: string; libraries: string }> {
  const pom = readFileSync(join(folder, 'pom.xml'), 'utf8').replaceAll(`\${kafka.version}`, KAFKA_VERSION)
  const libraries = await classpathOf(pom)
  const sources = readdirSync(folder)
    .filter((name) => name.endsWith('.java'))
    .map((name) => join(folder, name))
  const hash = createHash('sha256').update(pom)
  for (const source of sources) hash.update(readFileSync(source))
  const classes = await cached(`vector-oracle/${hash.digest('hex').slice(0, 16)}`, (target) =>
    compile(sources, libraries, target),
  )
  return { classes, libraries }
}

async function compile(sources: readonly string[], libraries: string, target: string): Promise<void> {
  const options = ['--release', '17', '-encoding', 'UTF-8', '-cp', libraries, '-d', target]
  await runOrFail('javac', [...options, ...sources])
}
