import { randomUUID } from 'node:crypto'
import { loadPeer } from '../peers.ts'
import type { ConsumeClient, ProduceClient } from './client.ts'

interface Message {
  value: Buffer
}

/** As much of the package's types as is used here; it is not among the root's dependencies. */
interface Package {
  stringSerializers: object
  Producer: new (
    options: object,
  ) => { send(options: { messages: object[]; acks: number }): Promise<unknown>; close(): Promise<void> }
  Consumer: new (
    options: object,
  ) => {
    consume(options: object): Promise<AsyncIterable<Message> & { close(): Promise<void> }>
    close(force?: boolean): Promise<void>
  }
}

const allReplicas = -1

/** The package asks for Node 22; of what Node 20 lacks it uses this alone. */
function withResolvers<T>() {
  let resolve!: (value: T) => void
  let reject!: (reason: unknown) => void
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  return { promise, resolve, reject }
}

function load(): Promise<Package> {
  if (!('withResolvers' in Promise)) Object.assign(Promise, { withResolvers })
  return loadPeer<Package>('@platformatic/kafka')
}

export async function openProducer(brokers: string[], topic: string): Promise<ProduceClient> {
  const { Producer, stringSerializers } = await load()
  const producer = new Producer({
    clientId: 'bench',
    bootstrapBrokers: brokers,
    serializers: stringSerializers,
  })
  const send = (messages: object[]) => producer.send({ messages, acks: allReplicas })
  return {
    sendOne: (value, pinned) => send([pinned ? { topic, value, partition: 0 } : { topic, value }]),
    sendMany: (values) => send(values.map((value) => ({ topic, value }))),
    close: () => producer.close(),
  }
}

export async function openRecordConsumer(brokers: string[], topic: string): Promise<ConsumeClient> {
  const { Consumer } = await load()
  return {
    async read(count, onRecords) {
      const consumer = new Consumer({
        clientId: 'bench',
        groupId: `bench-${randomUUID()}`,
        bootstrapBrokers: brokers,
      })
      const stream = await consumer.consume({ topics: [topic], mode: 'earliest', maxWaitTime: 500 })
      let read = 0
      for await (const message of stream) {
        onRecords(1, message.value.length)
        read += 1
        if (read === count) break
      }
      await consumer.close(true)
    },
    close: async () => {},
  }
}
