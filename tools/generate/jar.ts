import { spawnSync } from 'node:child_process'
import { existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder } from '../cache-folder.ts'
import { KAFKA_VERSION } from '../kafka-version.ts'

/** The `kafka-clients` jar of the pinned release, which holds the schemas and Kafka's own codec. */

/** Pinned, or else Maven takes the newest one, which may be another tomorrow. */
const copyGoal = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy'

/** Where the jar is, fetched through Maven when the cache does not have it; null when neither has it. */
export function findJar(): string | null {
  const name = `kafka-clients-${KAFKA_VERSION}.jar`
  const folder = cacheFolder('kafka-clients', KAFKA_VERSION)
  const jar = join(folder, name)
  if (existsSync(jar)) return jar
  // Into a folder of this process first: a fetch that is broken off leaves no half jar behind.
  const part = cacheFolder('kafka-clients', KAFKA_VERSION, `part-${process.pid}`)
  try {
    const artifact = `org.apache.kafka:kafka-clients:${KAFKA_VERSION}`
    const args = ['-q', '-B', copyGoal, `-Dartifact=${artifact}`, `-DoutputDirectory=${part}`]
    spawnSync('mvn', args, { cwd: part, stdio: ['ignore', 'ignore', 'inherit'] })
    const fetched = join(part, name)
    if (!existsSync(fetched)) return null
    renameSync(fetched, jar)
    return jar
  } finally {
    rmSync(part, { recursive: true, force: true })
  }
}
