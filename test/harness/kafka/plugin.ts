/** Plugins for the broker, from sources of ours. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { projectRoot } from '../../../tools/project-root.ts'
import { cached } from '../cache.ts'
import { runOrFail } from '../run.ts'
import { kafkaClasspath } from './jars.ts'
import type { KafkaVersion } from './versions.ts'

/** The folder with the classes of `test/harness/java/NAME.java`, compiled against that release. It takes a JDK. */
export async function pluginClasses(name: string, version: KafkaVersion): Promise<string> {
  const source = join(projectRoot(), 'test/harness/java', `${basename(name)}.java`)
  const hash = createHash('sha256').update(readFileSync(source)).update(version).digest('hex').slice(0, 16)
  return cached(`plugins/${hash}`, async (target) => {
    await runOrFail('javac', ['-cp', await kafkaClasspath(version), '-d', target, source])
  })
}
