/** The releases of Kafka that the tests meet, and how they differ for those who start them. */
import { KAFKA_VERSION } from '../../../tools/kafka-version.ts'

/** The release of every run first, then those of `npm run test:matrix`. */
export const kafkaVersions = [KAFKA_VERSION, '3.9.2', '3.3.2', '2.8.2'] as const
export type KafkaVersion = (typeof kafkaVersions)[number]

export interface VersionTraits {
  /** Keeps its metadata in ZooKeeper. */
  zookeeper: boolean
  /** The library that it logs through. */
  logging: 'log4j2' | 'reload4j'
  /** Knows share groups, and the configuration of their coordinator. */
  shareGroups: boolean
  /** There is an image `apache/kafka` of it. */
  image: boolean
}

const traits: Record<KafkaVersion, VersionTraits> = {
  [KAFKA_VERSION]: { zookeeper: false, logging: 'log4j2', shareGroups: true, image: true },
  '3.9.2': { zookeeper: false, logging: 'reload4j', shareGroups: false, image: true },
  '3.3.2': { zookeeper: false, logging: 'reload4j', shareGroups: false, image: false },
  '2.8.2': { zookeeper: true, logging: 'reload4j', shareGroups: false, image: false },
}

export function traitsOf(version: KafkaVersion): VersionTraits {
  return traits[version]
}

/** The version that `KAFKA_VERSION` of the environment asks for; without it the one that odradek follows. */
export function chosenVersion(env: NodeJS.ProcessEnv = process.env): KafkaVersion {
  const asked = env.KAFKA_VERSION ?? KAFKA_VERSION
  const known = kafkaVersions.find((version) => version === asked)
  if (known === undefined)
    throw new Error(`KAFKA_VERSION is ${asked}; the harness knows ${kafkaVersions.join(', ')}`)
  return known
}

/** Whether `version` is `least` or later; both as `4.3.1`, missing parts count as 0. */
export function atLeast(version: string, least: string): boolean {
  const parts = (text: string) => text.split('.').map(Number)
  const [ours, theirs] = [parts(version), parts(least)]
  for (let i = 0; i < 3; i++) {
    const difference = (ours[i] ?? 0) - (theirs[i] ?? 0)
    if (difference !== 0) return difference > 0
  }
  return true
}
