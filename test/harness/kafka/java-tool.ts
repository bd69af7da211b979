/** Kafka's console tools. */
import { KAFKA_VERSION } from '../../../tools/kafka-version.ts'
import { type Outcome, type RunOptions, run } from '../run.ts'
import { classArchive } from './class-archive.ts'
import { jvmArguments } from './jvm.ts'

/** Runs a console tool of the newest release, which talks to all of ours. Its own log goes to standard error. */
export async function javaTool(
  className: string,
  args: readonly string[],
  options?: RunOptions,
): Promise<Outcome> {
  const java = await jvmArguments({
    version: KAFKA_VERSION,
    purpose: 'test',
    level: 'WARN',
    stream: 'err',
    archive: await classArchive(KAFKA_VERSION),
  })
  return run('java', [...java, className, ...args], options)
}
