/** Waiting for a cluster to be of use. */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { KafkaNode } from './node.ts'
import { type Address, answersApiVersions, type RawMetadata, readMetadata } from './raw-request.ts'

const READY_TIMEOUT_MS = 90_000
const POLL_MS = 20
const LOG_LINES_SHOWN = 30

/** A node that ended, or is not ready in time. The message has the end of its log and where the whole is. */
export class NodeNotReadyError extends Error {
  override name = 'NodeNotReadyError'
  constructor(node: KafkaNode, what: string, options?: ErrorOptions) {
    super(`${node.role} ${node.id} ${what}; the end of ${node.logFile}:\n${endOf(node.logFile)}`, options)
  }
}

/** Resolves when the broker at `address` answers and its view of the cluster satisfies `isReady`. */
export async function brokerReady(
  node: KafkaNode,
  address: Address,
  isReady: (metadata: RawMetadata) => boolean,
): Promise<void> {
  await poll(node, async () => {
    await answersApiVersions(address)
    return isReady(await readMetadata(address))
  })
}

/** Tries `attempt` until it says true; a throw counts as not yet. Gives up when the node has ended or time is up. */
export async function poll(node: KafkaNode, attempt: () => Promise<boolean>): Promise<void> {
  const giveUpAt = Date.now() + READY_TIMEOUT_MS
  for (;;) {
    let problem: unknown
    try {
      if (await attempt()) return
    } catch (error) {
      problem = error
    }
    if (node.ended !== undefined) throw new NodeNotReadyError(node, `${node.ended} before it was ready`)
    if (Date.now() > giveUpAt) {
      throw new NodeNotReadyError(node, `was not ready within ${READY_TIMEOUT_MS / 1000} s`, {
        cause: problem,
      })
    }
    await sleep(POLL_MS)
  }
}

function endOf(logFile: string): string {
  try {
    return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-LOG_LINES_SHOWN).join('\n')
  } catch {
    return '(no log)'
  }
}
