/** Kafka's console tools. */
import { KAFKA_VERSION } from '../../../tools/kafka-version.ts'
import { type Outcome, type RunOptions, run } from '../run.ts'
import { classArchive } from './class-archive.ts'
import { runTool as dockerRunTool } from './docker.ts'
import { jvmArguments } from './jvm.ts'
import type { KafkaVersion } from './versions.ts'

/** In a JVM: the tools of the newest release, which talk to all of ours. */
export interface JvmTools {
  runIn: 'jvm'
}

/** In containers beside those of a cluster. */
export interface DockerTools {
  runIn: 'docker'
  run: string
  version: KafkaVersion
  insideAddresses: (readonly [outside: string, inside: string])[]
}

export type Tools = JvmTools | DockerTools

/** Runs a class of Kafka's jars to its end, however it ends. Its own log goes to standard error. */
export async function runTool(
  tools: Tools,
  className: string,
  args: readonly string[],
  options?: RunOptions,
): Promise<Outcome> {
  if (tools.runIn === 'docker') {
    const command = dockerRunTool(tools.run, tools.version, tools.insideAddresses, className, args)
    return run('docker', command, options)
  }
  const java = await jvmArguments({
    version: KAFKA_VERSION,
    purpose: 'test',
    level: 'WARN',
    stream: 'err',
    archive: await classArchive(KAFKA_VERSION),
  })
  return run('java', [...java, className, ...args], options)
}
