/** Real Kafka for tests and benchmarks. See docs/architecture.md and CONTRIBUTING.md for what it needs on a machine. */
export { createTopic, KafkaBroker, KafkaCluster } from './cluster.ts'
export type { KafkaOptions, NodeFacts, Properties } from './options.ts'
export { pluginClasses } from './plugin.ts'
export type { NewTopic } from './raw-request.ts'
export { NodeNotReadyError } from './ready.ts'
export { startKafka } from './start-kafka.ts'
export { runTool, type Tools } from './tools.ts'
export { atLeast, chosenVersion, type KafkaVersion, kafkaVersions } from './versions.ts'
