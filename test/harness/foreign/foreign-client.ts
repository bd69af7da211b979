/** Other people's clients, each made to do the same two things. foreign-clients.test.ts shows that they understand each other. */
import type { CompressionName } from '../../../src/compression/index.ts'
import type { KafkaInUse } from '../use-kafka.ts'

/** Text is enough: what is not UTF-8 is the record tests' matter. */
export interface PlainRecord {
  key: string | null
  value: string | null
  /** In order; names may be repeated. */
  headers: [name: string, value: string | null][]
}

export interface ForeignClient {
  name: string
  /** Whether it can write a header whose value is null; all can read one. */
  nullHeaderValues: boolean
  /** Writes the records in order to partition 0, in one batch where the client lets us, acknowledged by all. */
  produce(topic: string, records: readonly PlainRecord[], compression: CompressionName): Promise<void>
  /** Reads that many records of partition 0 from its beginning. */
  consume(topic: string, count: number): Promise<PlainRecord[]>
}

/** A client that is bound to the broker under test. */
export type MakeForeignClient = (kafka: KafkaInUse) => ForeignClient
