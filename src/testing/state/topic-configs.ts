import type { ConfigDefinition } from './config-definition.ts'

/** A topic's config, with the broker config that its default comes from. */
export interface TopicConfigDefinition extends ConfigDefinition {
  readonly brokerConfig?: string
  /** The broker config has no default of its own, so it is no synonym unless it is set. */
  readonly isOptional?: boolean
}

const longMost = '9223372036854775807'

/** Every topic config of Kafka 4.3. All are checked, kept and described; `TopicSettings` are the ones that act. */
export const topicConfigDefinitions: readonly TopicConfigDefinition[] = [
  {
    name: 'cleanup.policy',
    type: 'list',
    defaultValue: 'delete',
    values: ['compact', 'delete'],
    brokerConfig: 'log.cleanup.policy',
  },
  {
    name: 'compression.gzip.level',
    type: 'int',
    defaultValue: '-1',
    least: 1n,
    most: 9n,
    also: -1n,
    brokerConfig: 'compression.gzip.level',
  },
  {
    name: 'compression.lz4.level',
    type: 'int',
    defaultValue: '9',
    least: 1n,
    most: 17n,
    brokerConfig: 'compression.lz4.level',
  },
  {
    name: 'compression.type',
    type: 'string',
    defaultValue: 'producer',
    values: ['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'],
    brokerConfig: 'compression.type',
  },
  {
    name: 'compression.zstd.level',
    type: 'int',
    defaultValue: '3',
    least: -131072n,
    most: 22n,
    brokerConfig: 'compression.zstd.level',
  },
  {
    name: 'delete.retention.ms',
    type: 'long',
    defaultValue: '86400000',
    least: 0n,
    brokerConfig: 'log.cleaner.delete.retention.ms',
  },
  {
    name: 'file.delete.delay.ms',
    type: 'long',
    defaultValue: '60000',
    least: 0n,
    brokerConfig: 'log.segment.delete.delay.ms',
  },
  {
    name: 'flush.messages',
    type: 'long',
    defaultValue: longMost,
    least: 1n,
    brokerConfig: 'log.flush.interval.messages',
  },
  { name: 'flush.ms', type: 'long', defaultValue: longMost, least: 0n },
  { name: 'follower.replication.throttled.replicas', type: 'list', defaultValue: '' },
  {
    name: 'index.interval.bytes',
    type: 'int',
    defaultValue: '4096',
    least: 0n,
    brokerConfig: 'log.index.interval.bytes',
  },
  { name: 'leader.replication.throttled.replicas', type: 'list', defaultValue: '' },
  {
    name: 'local.retention.bytes',
    type: 'long',
    defaultValue: '-2',
    least: -2n,
    brokerConfig: 'log.local.retention.bytes',
  },
  {
    name: 'local.retention.ms',
    type: 'long',
    defaultValue: '-2',
    least: -2n,
    brokerConfig: 'log.local.retention.ms',
  },
  {
    name: 'max.compaction.lag.ms',
    type: 'long',
    defaultValue: longMost,
    least: 1n,
    brokerConfig: 'log.cleaner.max.compaction.lag.ms',
  },
  {
    name: 'max.message.bytes',
    type: 'int',
    defaultValue: '1048588',
    least: 0n,
    brokerConfig: 'message.max.bytes',
  },
  {
    name: 'message.timestamp.after.max.ms',
    type: 'long',
    defaultValue: '3600000',
    least: 0n,
    brokerConfig: 'log.message.timestamp.after.max.ms',
  },
  {
    name: 'message.timestamp.before.max.ms',
    type: 'long',
    defaultValue: longMost,
    least: 0n,
    brokerConfig: 'log.message.timestamp.before.max.ms',
  },
  {
    name: 'message.timestamp.type',
    type: 'string',
    defaultValue: 'CreateTime',
    values: ['CreateTime', 'LogAppendTime'],
    brokerConfig: 'log.message.timestamp.type',
  },
  {
    name: 'min.cleanable.dirty.ratio',
    type: 'double',
    defaultValue: '0.5',
    least: 0n,
    most: 1n,
    brokerConfig: 'log.cleaner.min.cleanable.ratio',
  },
  {
    name: 'min.compaction.lag.ms',
    type: 'long',
    defaultValue: '0',
    least: 0n,
    brokerConfig: 'log.cleaner.min.compaction.lag.ms',
  },
  {
    name: 'min.insync.replicas',
    type: 'int',
    defaultValue: '1',
    least: 1n,
    brokerConfig: 'min.insync.replicas',
  },
  { name: 'preallocate', type: 'boolean', defaultValue: 'false', brokerConfig: 'log.preallocate' },
  { name: 'remote.log.copy.disable', type: 'boolean', defaultValue: 'false' },
  { name: 'remote.log.delete.on.disable', type: 'boolean', defaultValue: 'false' },
  { name: 'remote.storage.enable', type: 'boolean', defaultValue: 'false' },
  { name: 'retention.bytes', type: 'long', defaultValue: '-1', brokerConfig: 'log.retention.bytes' },
  {
    name: 'retention.ms',
    type: 'long',
    defaultValue: '604800000',
    least: -1n,
    brokerConfig: 'log.retention.ms',
    isOptional: true,
  },
  {
    name: 'segment.bytes',
    type: 'int',
    defaultValue: '1073741824',
    least: 1048576n,
    brokerConfig: 'log.segment.bytes',
  },
  {
    name: 'segment.index.bytes',
    type: 'int',
    defaultValue: '10485760',
    least: 4n,
    brokerConfig: 'log.index.size.max.bytes',
  },
  { name: 'segment.jitter.ms', type: 'long', defaultValue: '0', least: 0n },
  { name: 'segment.ms', type: 'long', defaultValue: '604800000', least: 1n },
  {
    name: 'unclean.leader.election.enable',
    type: 'boolean',
    defaultValue: 'false',
    brokerConfig: 'unclean.leader.election.enable',
  },
]

const definitionsByName = new Map(topicConfigDefinitions.map((definition) => [definition.name, definition]))

export function topicConfigDefinition(name: string): TopicConfigDefinition | undefined {
  return definitionsByName.get(name)
}

/** The topic configs that act here, parsed. */
export interface TopicSettings {
  /** Records need keys, and of those of one key the last stays. */
  readonly compacted: boolean
  /** Retention drops old records. */
  readonly deletesOldRecords: boolean
  readonly maxMessageBytes: number
  readonly timestampAfterMaxMs: number
  readonly timestampBeforeMaxMs: number
  readonly stampsAppendTime: boolean
  readonly minInsyncReplicas: number
  /** A replica that lacks records may lead when no other can. */
  readonly allowsUncleanElection: boolean
  /** -1: no bound. */
  readonly retentionBytes: number
  /** -1: no bound. */
  readonly retentionMs: number
  readonly deleteRetentionMs: number
  readonly minCompactionLagMs: number
  readonly maxCompactionLagMs: number
  /** From 0 to 1. */
  readonly minCleanableDirtyRatio: number
  readonly segmentBytes: number
  readonly segmentMs: number
}

/** Reads the settings out of `value`, which gives a config's text by its name. */
export function parseTopicSettings(value: (name: string) => string): TopicSettings {
  return {
    compacted: value('cleanup.policy').includes('compact'),
    deletesOldRecords: value('cleanup.policy').includes('delete'),
    maxMessageBytes: Number(value('max.message.bytes')),
    timestampAfterMaxMs: Number(value('message.timestamp.after.max.ms')),
    timestampBeforeMaxMs: Number(value('message.timestamp.before.max.ms')),
    stampsAppendTime: value('message.timestamp.type') === 'LogAppendTime',
    minInsyncReplicas: Number(value('min.insync.replicas')),
    allowsUncleanElection: value('unclean.leader.election.enable').toLowerCase() === 'true',
    retentionBytes: Number(value('retention.bytes')),
    retentionMs: Number(value('retention.ms')),
    deleteRetentionMs: Number(value('delete.retention.ms')),
    minCompactionLagMs: Number(value('min.compaction.lag.ms')),
    maxCompactionLagMs: Number(value('max.compaction.lag.ms')),
    minCleanableDirtyRatio: Number(value('min.cleanable.dirty.ratio')),
    segmentBytes: Number(value('segment.bytes')),
    segmentMs: Number(value('segment.ms')),
  }
}
