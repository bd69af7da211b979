/** What a benchmark asks of a client, so that each case is written once. */
export interface ProduceClient {
  /** One record, to partition 0 when `pinned`; resolves when it is acknowledged. */
  sendOne(value: string, pinned?: boolean): Promise<unknown>
  /** Several in one call. */
  sendMany(values: readonly string[]): Promise<unknown>
  close(): Promise<void>
}

export interface ConsumeClient {
  /**
   * Reads `count` records of the topic from its beginning and calls `onRecords` with how many came and how many
   * bytes their values had.
   */
  read(count: number, onRecords: (records: number, valueBytes: number) => void): Promise<void>
  close(): Promise<void>
}

export type OpenProducer = (brokers: string[], topic: string) => Promise<ProduceClient>
export type OpenConsumer = (brokers: string[], topic: string) => Promise<ConsumeClient>
