/**
 * The few requests that the harness itself sends, from bytes written here by hand: it must not depend on the codec that it
 * helps to test, and a JVM tool would take a second for each.
 */
import { connect } from 'node:net'

const REQUEST_TIMEOUT_MS = 5_000
const API = { listOffsets: 2, metadata: 3, apiVersions: 18, createTopics: 19 } as const

/** The timestamp -1, which stands for the end of a log. */
const LATEST = Buffer.alloc(8, 0xff)

/** The address of a broker. */
export interface Address {
  host: string
  port: number
}

export function hostAndPort({ host, port }: Address): string {
  return `${host}:${port}`
}

export interface RawMetadata {
  brokers: ({ id: number } & Address)[]
  /** -1: none. */
  controllerId: number
  /** Each topic's error code and the leader of each of its partitions (-1: none). */
  topics: Map<string, { errorCode: number; leaders: number[] }>
}

/** Resolves when the broker answers ApiVersions; rejects when it does not. */
export async function answersApiVersions(address: Address): Promise<void> {
  const response = await exchange(address, API.apiVersions, 0, Buffer.alloc(0))
  const errorCode = new Fields(response).int16()
  if (errorCode !== 0) throw new Error(`ApiVersions was answered with error ${errorCode}`)
}

/** Metadata version 1 of the named topics, without creating them (they are asked for only once they were created). */
export async function readMetadata(address: Address, topics: readonly string[] = []): Promise<RawMetadata> {
  const body = Buffer.concat([int32(topics.length), ...topics.map(string)])
  const fields = new Fields(await exchange(address, API.metadata, 1, body))
  const brokers = fields.array(() => {
    const broker = { id: fields.int32(), host: fields.string()!, port: fields.int32() }
    fields.string() // rack
    return broker
  })
  const controllerId = fields.int32()
  const found = fields.array(() => {
    const errorCode = fields.int16()
    const name = fields.string()!
    fields.int8() // internal
    const leaders: number[] = []
    fields.array(() => {
      fields.int16() // error
      leaders[fields.int32()] = fields.int32()
      fields.array(() => fields.int32()) // replicas
      fields.array(() => fields.int32()) // in sync
    })
    return [name, { errorCode, leaders }] as const
  })
  return { brokers, controllerId, topics: new Map(found) }
}

/** Whether a broker serves these partitions as their leader: ListOffsets version 1 finds their ends. */
export async function leads(
  address: Address,
  topic: string,
  partitions: readonly number[],
): Promise<boolean> {
  const body = Buffer.concat([
    int32(-1), // not a replica
    int32(1),
    string(topic),
    int32(partitions.length),
    ...partitions.map((partition) => Buffer.concat([int32(partition), LATEST])),
  ])
  const fields = new Fields(await exchange(address, API.listOffsets, 1, body))
  const errorCodes: number[] = []
  fields.array(() => {
    fields.string() // topic
    fields.array(() => {
      fields.int32() // partition
      errorCodes.push(fields.int16())
      fields.skip(16) // timestamp and offset
    })
  })
  return errorCodes.every((code) => code === 0)
}

export interface NewTopic {
  name: string
  /** Default: the broker's `num.partitions`. */
  partitions?: number
  /** Default: the broker's `default.replication.factor`. */
  replicationFactor?: number
  configs?: Record<string, string>
}

/** CreateTopics version 4, to the controller. Rejects with Kafka's error code and message. */
export async function createTopics(controller: Address, topics: readonly NewTopic[]): Promise<void> {
  const body = Buffer.concat([
    int32(topics.length),
    ...topics.map(({ name, partitions = -1, replicationFactor = -1, configs = {} }) =>
      Buffer.concat([
        string(name),
        int32(partitions),
        int16(replicationFactor),
        int32(0), // no assignments by hand
        int32(Object.keys(configs).length),
        ...Object.entries(configs).flatMap(([key, value]) => [string(key), string(value)]),
      ]),
    ),
    int32(30_000),
    Buffer.from([0]), // not only validated
  ])
  const fields = new Fields(await exchange(controller, API.createTopics, 4, body, 35_000))
  fields.int32() // throttle time
  fields.array(() => {
    const [name, errorCode, message] = [fields.string(), fields.int16(), fields.string()]
    if (errorCode !== 0) throw new Error(`topic ${name} was not created: error ${errorCode}, ${message}`)
  })
}

/** One request over a connection of its own, with a header of version 1; resolves with the body of the response. */
function exchange(
  { host, port }: Address,
  apiKey: number,
  version: number,
  body: Buffer,
  timeoutMs = REQUEST_TIMEOUT_MS,
): Promise<Buffer> {
  const payload = Buffer.concat([int16(apiKey), int16(version), int32(1), string('odradek-harness'), body])
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port })
    let received = Buffer.alloc(0)
    const fail = (error: Error) => {
      socket.destroy()
      reject(error)
    }
    socket.setTimeout(timeoutMs, () =>
      fail(new Error(`${host}:${port} did not answer within ${timeoutMs} ms`)),
    )
    socket.on('error', fail)
    socket.on('close', () => fail(new Error(`${host}:${port} closed the connection`)))
    socket.on('connect', () => socket.write(Buffer.concat([int32(payload.length), payload])))
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      if (received.length < 4 || received.length < 4 + received.readInt32BE(0)) return
      resolve(received.subarray(8, 4 + received.readInt32BE(0))) // after size and correlation id
      socket.destroy()
    })
  })
}

function int16(value: number): Buffer {
  const buffer = Buffer.alloc(2)
  buffer.writeInt16BE(value)
  return buffer
}

function int32(value: number): Buffer {
  const buffer = Buffer.alloc(4)
  buffer.writeInt32BE(value)
  return buffer
}

function string(value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([int16(bytes.length), bytes])
}

/** The fields of a response in the order in which they come. */
class Fields {
  readonly #buffer: Buffer
  #position = 0

  constructor(buffer: Buffer) {
    this.#buffer = buffer
  }

  skip(bytes: number): void {
    this.#position += bytes
  }

  int8(): number {
    this.#position += 1
    return this.#buffer.readInt8(this.#position - 1)
  }

  int16(): number {
    this.#position += 2
    return this.#buffer.readInt16BE(this.#position - 2)
  }

  int32(): number {
    this.#position += 4
    return this.#buffer.readInt32BE(this.#position - 4)
  }

  string(): string | null {
    const length = this.int16()
    if (length < 0) return null
    this.#position += length
    return this.#buffer.toString('utf8', this.#position - length, this.#position)
  }

  array<T>(item: () => T): T[] {
    const items: T[] = []
    for (let left = this.int32(); left > 0; left--) items.push(item())
    return items
  }
}
