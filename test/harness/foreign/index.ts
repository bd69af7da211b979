import { confluent } from './confluent.ts'
import type { MakeForeignClient } from './foreign-client.ts'
import { javaConsole } from './java-console.ts'
import { kafkaJs } from './kafkajs.ts'

export type { ForeignClient, MakeForeignClient, PlainRecord } from './foreign-client.ts'
export { sampleRecords } from './sample-records.ts'
export { confluent, javaConsole, kafkaJs }

/** All of them, with their names for the titles of tests. */
export const foreignClients: [name: string, make: MakeForeignClient][] = [
  ['Java', javaConsole],
  ['KafkaJS', kafkaJs],
  ['confluent-kafka', confluent],
]
