import { expect, test } from 'vitest'
import { ConfigurationError } from '../../src/errors.ts'
import { checkProducerOptions, type ProducerOptions } from '../../src/producer/options.ts'

test('defaults', () => {
  expect(checkProducerOptions()).toEqual({
    acks: -1,
    lingerMs: 0,
    batchSizeBytes: 500_000,
    maxRequestSizeBytes: 1_048_576,
    bufferMemoryBytes: 67_108_864,
    maxBlockMs: 60_000,
    requestTimeoutMs: 30_000,
    deliveryTimeoutMs: 120_000,
    idempotent: true,
    retryBackoffMs: 100,
    retryBackoffMaxMs: 1_000,
    maxInFlightRequests: 5,
    compression: 'none',
    compressionLevel: undefined,
    partitioner: undefined,
    ignoreKeys: false,
    adaptivePartitioning: true,
    partitionerAvailabilityTimeoutMs: 0,
    allowAutoTopicCreation: true,
  })
})

test.each([
  ['all', -1],
  [-1, -1],
  [1, 1],
  [0, 0],
] as const)('acks %j is %j on the wire', (acks, wire) => {
  expect(checkProducerOptions({ acks }).acks).toBe(wire)
})

test('a codec may have a level', () => {
  const { compression, compressionLevel } = checkProducerOptions({ compression: { codec: 'zstd', level: 7 } })
  expect([compression, compressionLevel]).toEqual(['zstd', 7])
  expect(checkProducerOptions({ compression: 'lz4' }).compression).toBe('lz4')
})

test.each([
  [{ lingerMS: 5 }, /no option 'lingerMS'; did you mean 'lingerMs'/],
  [{ batchSize: 5 }, /no option 'batchSize'; did you mean 'batchSizeBytes'/],
  [{ acks: 2 }, /acks must be 'all'/],
  [{ acks: '1' }, /acks must be 'all' \(or -1\), 1 or 0, not '1'/],
  [{ lingerMs: -1 }, /lingerMs must be an integer from 0/],
  [{ lingerMs: 1.5 }, /lingerMs/],
  [{ maxInFlightRequests: 0 }, /maxInFlightRequests/],
  [{ compression: 'brotli' }, /compression must be one of 'none', 'gzip'/],
  [{ compression: { codec: 'gzip', lvl: 3 } }, /compression must be one of/],
  [{ compression: { codec: 'gzip', level: 99 } }, /level/],
  [
    { compression: null, partitioner: 3 },
    /partitioner must be a function or one of 'murmur2Random', .*, not 3/,
  ],
  [{ partitioner: 'toString' }, /partitioner must be a function or one of .*'roundRobin', not 'toString'/],
  [{ partitioner: 'fnv1a', ignoreKeys: true }, /ignoreKeys is for the default partitioner/],
  [{ ignoreKeys: 'no' }, /ignoreKeys must be true or false/],
  [{ partitionerAvailabilityTimeoutMs: -1 }, /partitionerAvailabilityTimeoutMs must be an integer from 0/],
  [
    { partitionerAvailabilityTimeoutMs: 5, adaptivePartitioning: false },
    /partitionerAvailabilityTimeoutMs must be 0 when adaptivePartitioning is false/,
  ],
  [{ allowAutoTopicCreation: 'yes' }, /allowAutoTopicCreation must be true or false/],
  [{ retryBackoffMs: 500, retryBackoffMaxMs: 100 }, /retryBackoffMaxMs must not be below retryBackoffMs/],
  [{ lingerMs: 500, deliveryTimeoutMs: 100 }, /deliveryTimeoutMs must not be below lingerMs/],
])('refuses %j', (options, message) => {
  const check = () => checkProducerOptions(options as ProducerOptions)
  expect(check).toThrow(ConfigurationError)
  expect(check).toThrow(message)
})
