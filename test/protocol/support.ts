import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ProtocolError } from '../../src/errors.ts'
import type { Draft, Message } from '../../src/protocol/message.ts'
import { Reader } from '../../src/protocol/reader.ts'
import { Writer } from '../../src/protocol/writer.ts'
import { projectRoot } from '../../tools/project-root.ts'
import { generatedMessages } from '../conformance/vector.ts'

/** What `write` wrote, in hex. */
export function written(write: (writer: Writer) => void): string {
  const writer = new Writer()
  write(writer)
  return writer.finishContiguous().toString('hex')
}

export function readerOf(hex: string): Reader {
  return new Reader(Buffer.from(hex, 'hex'))
}

export function encode<T>(message: Message<T>, draft: Draft<T>, version: number): Buffer {
  const writer = new Writer()
  message.encode(writer, draft, version)
  return writer.finishContiguous()
}

/** Decodes all of the bytes; what is left over is an error of the test. */
export function decode<T>(message: Message<T>, bytes: Buffer, version: number): T {
  const reader = new Reader(bytes)
  const decoded = message.decode(reader, version)
  if (reader.remaining() > 0) throw new Error(`${reader.remaining()} bytes are left`)
  return decoded
}

/** The `ProtocolError` that `action` throws; anything else is an error of the test. */
export function protocolErrorOf(action: () => unknown): ProtocolError {
  try {
    action()
  } catch (error) {
    if (error instanceof ProtocolError) return error
    throw error
  }
  throw new Error('no error was thrown')
}

export interface CommittedVector {
  message: Message<unknown>
  version: number
  bytes: Buffer
}

/** A message of each version of each message, as Kafka wrote it. */
export function committedVectors(): CommittedVector[] {
  const text = readFileSync(join(projectRoot(), 'test/conformance/vectors/kafka-4.3.1.jsonl'), 'utf8')
  return text
    .trimEnd()
    .split('\n')
    .map((line) => {
      const { message, version, hex } = JSON.parse(line) as { message: string; version: number; hex: string }
      return { message: generatedMessages.get(message)!, version, bytes: Buffer.from(hex, 'hex') }
    })
}
