/** `odradek/testing`: Kafka inside the process, for development and tests. */
export { type Broker, startBroker } from './broker.ts'
export type { BrokerOptions, TopicOptions } from './options.ts'
