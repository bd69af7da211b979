export type {
  BrokerNode,
  CallOptions,
  LaneOptions,
  PartitionView,
  RequestOptions,
  Target,
  TopicView,
} from './cluster/index.ts'
export type { CompressionName } from './compression/index.ts'
export {
  type CommittedOffset,
  Consumer,
  type ConsumerBatch,
  type ConsumerCallOptions,
  type ConsumerOptions,
  type GroupMetadata,
  type OffsetToCommit,
  type PartitionToRead,
  type ReadOptions,
  type SeekTarget,
  type StartPosition,
  type TopicPartition,
  type TopicPartitionOffset,
} from './consumer/index.ts'
export * from './errors.ts'
export { Kafka, type KafkaOptions } from './kafka.ts'
export type { Dialer, DialTarget, MapAddress } from './network/dialer.ts'
export { type ConsoleLoggerOptions, consoleLogger, type LogLevel, silentLogger } from './observe/logger.ts'
export {
  BufferFullError,
  InvalidRecordError,
  murmur2,
  type OnAck,
  type Partitioner,
  type PartitionerName,
  type PartitionerTopic,
  Producer,
  type ProducerOptions,
  type ProducerRecord,
  partitioners,
  partitionOfKey,
  RecordMetadata,
  RecordTooLargeError,
  SendBatchError,
  type SendOptions,
  TopicProducer,
  type TopicRecord,
} from './producer/index.ts'
export {
  type Data,
  type Deserializer,
  type HeadersInput,
  KafkaRecord,
  type ReceivedHeader,
  RecordHeaders,
  type TimestampType,
} from './records/index.ts'
export type { Logger, Runtime } from './runtime/runtime.ts'
export {
  bytes,
  double,
  type Format,
  int32,
  int64,
  json,
  nothing,
  type RecordField,
  type Serde,
  type SerializationTarget,
  type Serializer,
  type StandardSchema,
  type SyncSerde,
  string,
  type Topic,
  topic,
  uuid,
  type ValidationIssue,
  type ValidationResult,
  validated,
} from './serde/index.ts'
