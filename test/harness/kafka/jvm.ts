/** The command line of a JVM that runs Kafka's classes. */
import { createHash } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { cached } from '../cache.ts'
import { requireJava } from '../maven.ts'
import { kafkaClasspath } from './jars.ts'
import { type LogLevel, loggingConfig, loggingFlag } from './logging.ts'
import { type KafkaVersion, traitsOf } from './versions.ts'

/** For JVMs that live for seconds: a small heap, and code that is compiled once, quickly. */
const SHORT_LIVED = [
  '-Xmx400m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Xshare:auto',
  '-XX:-UsePerfData',
]

/** For a broker that is measured: what Kafka's own start script gives it. */
const MEASURED = [
  '-Xms1g',
  '-Xmx1g',
  '-XX:+UseG1GC',
  '-XX:MaxGCPauseMillis=20',
  '-XX:InitiatingHeapOccupancyPercent=35',
  '-XX:+ExplicitGCInvokesConcurrent',
  '-XX:-UsePerfData',
]

export interface JvmSettings {
  version: KafkaVersion
  purpose: 'test' | 'bench'
  level: LogLevel
  /** Where log lines go. */
  stream: 'out' | 'err'
  /** An archive of classes to start from; see class-archive.ts. */
  archive?: string | undefined
  flags?: readonly string[]
  /** Folders with classes besides Kafka's. */
  classFolders?: readonly string[]
}

/** The arguments of `java` up to the name of the class. */
export async function jvmArguments(settings: JvmSettings): Promise<string[]> {
  const { version, purpose, level, stream, archive, flags = [], classFolders = [] } = settings
  const { logging } = traitsOf(version)
  return [
    ...(purpose === 'bench' ? MEASURED : SHORT_LIVED),
    ...(archive === undefined ? [] : [`-XX:SharedArchiveFile=${archive}`]),
    '-Djava.awt.headless=true',
    loggingFlag(logging, await loggingFile(logging, level, stream)),
    ...flags,
    '-cp',
    [await kafkaClasspath(version), ...classFolders].join(delimiter),
  ]
}

async function loggingFile(...settings: Parameters<typeof loggingConfig>): Promise<string> {
  const text = loggingConfig(...settings)
  const folder = await cached(`logging/${shortHash(text)}`, async (target) =>
    writeFileSync(join(target, 'log.properties'), text),
  )
  return join(folder, 'log.properties')
}

let java: Promise<string> | undefined

/** What `java -version` says, asked once. */
export function javaVersion(): Promise<string> {
  java ??= requireJava()
  return java
}

/** The file that an archive of this version's classes has, or would have, for this Java. */
export async function archiveName(version: KafkaVersion): Promise<string> {
  return `classes/${version}-${shortHash([await javaVersion(), await kafkaClasspath(version), ...SHORT_LIVED].join('\n'))}`
}

/** The archive in a folder that was made for it; undefined when this JVM could not make one. */
export function archiveIn(folder: string): string | undefined {
  const path = join(folder, 'kafka.jsa')
  return existsSync(path) ? path : undefined
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}
