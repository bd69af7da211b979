/** `odradek/testing`: Kafka inside the process, for development and tests. */
export { Broker, startBroker } from './broker.ts'
export type { BrokerOptions, TopicOptions } from './options.ts'
