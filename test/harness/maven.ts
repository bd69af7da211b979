/** Jars by Maven, in the cache: one folder for each POM. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cached } from './cache.ts'
import { ProgramMissingError, runOrFail } from './run.ts'

/** Pinned, or else Maven takes the newest one, which may be another tomorrow. */
const COPY_DEPENDENCIES = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies'
const MAVEN_TIMEOUT_MS = 600_000

const INSTALL_HINT = 'install a JDK (17 or later) and Maven, or set KAFKA_BROKERS'

/**
 * The class path (`folder/*`) of a POM's runtime dependencies, fetched at first use.
 *
 * @throws when `java` or `mvn` is missing (it says what to install) or Maven fails (with what it said).
 */
export function mavenClasspath(pomPath: string): Promise<string> {
  return classpathOf(readFileSync(pomPath, 'utf8'))
}

/** As `mavenClasspath`, for the text of a POM. */
export async function classpathOf(pom: string): Promise<string> {
  const hash = createHash('sha256').update(pom).digest('hex').slice(0, 16)
  const folder = await cached(`jars/${hash}`, (target) => copyDependencies(pom, target))
  return join(folder, '*')
}

async function copyDependencies(pom: string, target: string): Promise<void> {
  await requireJava()
  const project = await mkdtemp(join(tmpdir(), 'odradek-pom-'))
  try {
    await writeFile(join(project, 'pom.xml'), pom)
    await runOrFail(
      'mvn',
      ['-q', '-B', '-f', project, COPY_DEPENDENCIES, `-DoutputDirectory=${target}`, '-DincludeScope=runtime'],
      { timeoutMs: MAVEN_TIMEOUT_MS },
    )
  } catch (error) {
    throw hinted(error)
  } finally {
    await rm(project, { recursive: true, force: true })
  }
}

/** The first line of `java -version`; rejects with what to install when there is no Java. */
export async function requireJava(): Promise<string> {
  try {
    const { stderr } = await runOrFail('java', ['-version'])
    return stderr.split('\n')[0]
  } catch (error) {
    throw hinted(error)
  }
}

function hinted(error: unknown): unknown {
  if (!(error instanceof ProgramMissingError)) return error
  return new ProgramMissingError(`${error.message}: ${INSTALL_HINT}`)
}
