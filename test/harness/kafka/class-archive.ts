/**
 * Class data sharing: a file with the classes of a broker as the JVM has them in memory, so that the next JVM maps it in place
 * of reading jars. A broker answers after 0.6 s in place of 1.5 s, and a console tool takes half the time.
 */
import { join } from 'node:path'
import { cached } from '../cache.ts'
import { archiveIn, archiveName } from './jvm.ts'
import { jvmCluster } from './jvm-cluster.ts'
import { startParts } from './start-parts.ts'
import type { KafkaVersion } from './versions.ts'

/** The archive of that version, made by one broker that is started and stopped for it; undefined if this JVM makes none. */
export async function classArchive(version: KafkaVersion): Promise<string | undefined> {
  const folder = await cached(await archiveName(version), async (target) => {
    const jvmFlags = [`-XX:ArchiveClassesAtExit=${join(target, 'kafka.jsa')}`]
    const parts = await jvmCluster({ version, jvmFlags })
    try {
      await startParts(parts)
      for (const node of parts.nodes.toReversed()) await node.stop() // the archive is written on an orderly exit
    } catch {
      // A JVM that knows no such flag ends at once. An empty folder says so to the next run, which starts without.
    } finally {
      await parts.close()
    }
  })
  return archiveIn(folder)
}
