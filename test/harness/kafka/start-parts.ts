import { connect } from 'node:net'
import { KafkaBroker } from './cluster.ts'
import type { ClusterParts, KafkaNode } from './node.ts'
import { poll } from './ready.ts'

/** Starts every node and resolves when all brokers see each other; what was started is ended when that fails. */
export async function startParts(parts: ClusterParts): Promise<void> {
  try {
    for (const node of parts.nodes) {
      await node.start()
      if (node.role === 'zookeeper') await listening(node) // a broker that comes too early waits a second for its next try
    }
    const brokers = parts.nodes.filter(({ role }) => role === 'broker')
    const ids = brokers.map(({ id }) => id)
    await Promise.all(brokers.map((node) => new KafkaBroker(node).ready(ids)))
  } catch (error) {
    await parts.close()
    throw error
  }
}

async function listening(node: KafkaNode): Promise<void> {
  const [address] = Object.values(node.listeners)
  await poll(
    node,
    () =>
      new Promise((resolve, reject) => {
        const socket = connect(address!)
        socket.once('error', reject)
        socket.once('connect', () => {
          socket.destroy()
          resolve(true)
        })
      }),
  )
}
