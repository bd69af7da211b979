import { classArchive } from './class-archive.ts'
import { KafkaCluster } from './cluster.ts'
import { dockerCluster } from './docker-cluster.ts'
import { jvmCluster } from './jvm-cluster.ts'
import type { KafkaOptions } from './options.ts'
import { chooseRuntime } from './runtime-choice.ts'
import { startParts } from './start-parts.ts'
import { chosenVersion } from './versions.ts'

/**
 * Starts a Kafka of its own on free ports of the loopback interface: one broker or three, in JVMs or containers. It ends with
 * `close()` (or `await using`), and also when this process is killed.
 *
 * @throws when this machine can not run it (saying what to install), or a node does not come up (with the end of its log).
 */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaCluster> {
  const version = options.version ?? chosenVersion()
  const runIn = options.runIn ?? (await chooseRuntime(version))
  if (runIn === 'docker') {
    const parts = await dockerCluster({ ...options, version })
    await startParts(parts)
    return new KafkaCluster(version, parts, parts.tools)
  }
  const archive = options.purpose === 'bench' ? undefined : await classArchive(version)
  const parts = await jvmCluster({ ...options, version }, archive)
  await startParts(parts)
  return new KafkaCluster(version, parts, { runIn: 'jvm' })
}
