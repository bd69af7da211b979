import { expect, test } from 'vitest'
import { Kafka } from '../../src/index.ts'
import { nodeRuntime } from '../../src/runtime/node.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { startBroker } from '../../src/testing/index.ts'

/** Node's runtime, with the sockets and timers counted that are there. */
function counted() {
  const node = nodeRuntime()
  const timers = new Set<object>()
  const sockets = new Set<object>()
  const runtime: Runtime = {
    ...node,
    timers: {
      after(delayMs, callback) {
        const entry = {}
        timers.add(entry)
        const timer = node.timers.after(delayMs, () => {
          timers.delete(entry)
          callback()
        })
        return {
          cancel() {
            timers.delete(entry)
            timer.cancel()
          },
        }
      },
      defer: (callback) => node.timers.defer(callback),
    },
    network: {
      lookup: (host) => node.network.lookup(host),
      listen: (address, accept) => node.network.listen(address, accept),
      connect(address, handler) {
        const entry = {}
        sockets.add(entry)
        return node.network.connect(address, {
          connected: () => handler.connected(),
          readBuffer: () => handler.readBuffer(),
          received: (length) => handler.received(length),
          drained: () => handler.drained(),
          closed(error) {
            sockets.delete(entry)
            handler.closed(error)
          },
        })
      },
    },
  }
  return { runtime, timers, sockets }
}

test.each([{}, { lingerMs: 50 }, { acks: 0 as const }, { compression: 'zstd' as const }])(
  'a producer with %j leaves no socket and no timer',
  async (options) => {
    await using broker = await startBroker({ topics: { t: 3 } })
    const { runtime, timers, sockets } = counted()
    const kafka = new Kafka({ brokers: broker.brokers, runtime })
    const producer = kafka.producer(options)
    const sent = Array.from({ length: 100 }, (_, i) => producer.send({ topic: 't', value: `${i}` }))
    const lost = producer.send({ topic: 'absent', value: 'x', partition: 7 }).catch(() => {})
    expect(timers.size + sockets.size).toBeGreaterThan(0)
    await Promise.all(sent)
    await producer.close()
    await lost
    await expect.poll(() => [timers.size, sockets.size]).toEqual([0, 0])
  },
)
