import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { Draft } from '../../protocol/message.ts'
import {
  type PartitionProduceData,
  type PartitionProduceResponse,
  Produce,
  type ProduceRequest,
  type ProduceResponse,
  type TopicProduceData,
  type TopicProduceResponse,
} from '../../protocol/messages/produce.ts'
import { type AppendResult, appendBatch } from '../log/append-batch.ts'
import { type Refusal, refusal, refusedByLog } from '../log/refusal.ts'
import { type Verdict, validateBatch } from '../log/validate-batch.ts'
import { AwaitedCommit, CommitWait } from '../replication/commit-wait.ts'
import { type Answer, type Handler, hangUp, noAnswer, type RequestContext } from '../server/handler.ts'
import { type Located, locate, locateById } from '../state/locate.ts'
import type { Partition } from '../state/partition.ts'
import type { ClientGeneration } from '../transactions/verification.ts'
import { isTransactional, verifyBatches } from '../transactions/verify-batches.ts'
import { leaderHint, nodeEndpoints } from './leader-hints.ts'

const firstVersionByTopicId = 13
const firstVersionWithHints = 10
const allInSync = -1
/** How long a transaction is waited for that follows one whose markers are not written yet, and how often it is asked. */
const mostWaitsForMarkers = 5
const waitForMarkersMs = 20

/** One partition of the request: where it goes, and what is thought of its records. */
interface Item {
  readonly data: PartitionProduceData
  readonly located: Located
  readonly verdict: Verdict | Promise<Verdict>
}

/**
 * All partitions are checked first and appended then in one go, so that requests behind this one on other connections
 * never see half of it. Compressed batches make it wait, which are looked into off the thread, and so do transactions
 * that follow one which is still being ended.
 */
export const produce: Handler<ProduceRequest, ProduceResponse> = {
  api: Produce,
  versions: [3, 13],
  // Kafka tells 0 so that old librdkafka believes that it can produce at all (KAFKA-18659).
  advertised: [0, 13],

  handle(request, context) {
    const isAllowed = request.transactionalId !== null || !hasTransactionalBatch(request)
    const items = request.topicData.flatMap((topic) =>
      topic.partitionData.map((data) => check(request, topic, data, isAllowed, context)),
    )
    if (!items.some(({ verdict }) => verdict instanceof Promise)) {
      return finish(request, items, items.map(({ verdict }) => verdict) as Verdict[], context)
    }
    return Promise.all(items.map(({ verdict }) => verdict)).then((verdicts) =>
      finish(request, items, verdicts, context),
    )
  },
}

/** Appends, and answers at once unless all in-sync replicas are asked for and some do not have the records yet. */
function finish(
  request: ProduceRequest,
  items: readonly Item[],
  verdicts: readonly Verdict[],
  context: RequestContext,
  waits = 0,
): Answer<ProduceResponse> | Promise<Answer<ProduceResponse>> {
  const { timers } = context.broker.runtime
  const refusals = verify(request, items, context)
  if (waits < mostWaitsForMarkers && refusals.some(isConcurrent)) {
    return new Promise<void>((resolve) => {
      timers.after(waitForMarkersMs, resolve)
    }).then(() => finish(request, items, verdicts, context, waits + 1))
  }
  const results = append(
    items,
    verdicts.map((verdict, index) => refusals[index] ?? verdict),
    context,
  )
  if (request.acks !== allInSync) return answer(request, items, results, context)
  const awaited = items.map(({ located }, index) => awaitedCommit(located.partition, results[index]))
  const isCommitted = awaited.every((commit) => commit === undefined || commit.state !== 'waiting')
  if (isCommitted) return answer(request, items, settled(results, awaited), context)
  const wait = new CommitWait(awaited, request.timeoutMs, timers)
  context.onAbandoned(() => wait.end())
  return wait.finished.then(() => answer(request, items, settled(results, awaited), context))
}

/** What is to be said against the batches of transactions, by partition. */
function verify(
  { transactionalId, acks }: ProduceRequest,
  items: readonly Item[],
  { broker, version }: RequestContext,
): (Refusal | undefined)[] {
  if (transactionalId === null || !isKnownAcks(acks)) return []
  const batches = items.map(({ located: { errorCode, partition }, data: { records } }) =>
    // A compressed batch took a while to look into: the topic may be gone.
    errorCode === ErrorCodes.NONE && partition?.leaderId === broker.node.id && partition.replica !== undefined
      ? { partition, records }
      : undefined,
  )
  return verifyBatches(broker, transactionalId, batches, generationOf(version))
}

function generationOf(version: number): ClientGeneration {
  if (version >= 12) return 'adding'
  return version >= 11 ? 'aborting' : 'old'
}

function isConcurrent(refused: Refusal | undefined): boolean {
  return refused?.errorCode === ErrorCodes.CONCURRENT_TRANSACTIONS
}

function isKnownAcks(acks: number): boolean {
  return acks >= -1 && acks <= 1
}

function awaitedCommit(partition: Partition | undefined, result: AppendResult): AwaitedCommit | undefined {
  if (partition === undefined || result.errorCode !== ErrorCodes.NONE) return undefined
  return new AwaitedCommit(partition, result.nextOffset)
}

function settled(
  results: readonly AppendResult[],
  awaited: readonly (AwaitedCommit | undefined)[],
): AppendResult[] {
  return results.map((result, index) => {
    const errorCode = awaited[index]?.errorCode ?? ErrorCodes.NONE
    return errorCode === ErrorCodes.NONE
      ? result
      : { ...result, errorCode, baseOffset: -1, logStartOffset: -1 }
  })
}

function check(
  request: ProduceRequest,
  topic: TopicProduceData,
  data: PartitionProduceData,
  isAllowed: boolean,
  context: RequestContext,
): Item {
  const { broker, version } = context
  const located =
    version >= firstVersionByTopicId
      ? locateById(broker, topic.topicId, data.index)
      : locate(broker, topic.name, data.index)
  const verdict = isAllowed
    ? verdictOn(request, data, located, context)
    : refusal(ErrorCodes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
  return { data, located, verdict }
}

/** Who has no transactional id cannot be allowed to use one, and that is told of the whole request. */
function hasTransactionalBatch({ topicData }: ProduceRequest): boolean {
  return topicData.some(({ partitionData }) => partitionData.some(({ records }) => isTransactional(records)))
}

function verdictOn(
  { acks }: ProduceRequest,
  { records }: PartitionProduceData,
  { errorCode, partition }: Located,
  { broker, version }: RequestContext,
): Verdict | Promise<Verdict> {
  if (!isKnownAcks(acks)) return refusal(ErrorCodes.INVALID_REQUIRED_ACKS)
  if (errorCode !== ErrorCodes.NONE || partition === undefined) return refusal(errorCode)
  const { topic, index } = partition
  // No more can be asked for than there are replicas.
  const minInsyncReplicas = Math.min(topic.settings.minInsyncReplicas, partition.replicas.length)
  if (acks === allInSync && partition.isr.length < minInsyncReplicas) {
    return refusedByLog(ErrorCodes.NOT_ENOUGH_REPLICAS)
  }
  return validateBatch(records, {
    topic: topic.name,
    partition: index,
    version,
    settings: topic.settings,
    nowMs: broker.runtime.clock.now(),
    maxUncompressedBytes: broker.settings.requestMaxBytes,
    offload: broker.runtime.offload,
  })
}

function append(
  items: readonly Item[],
  verdicts: readonly Verdict[],
  { broker }: RequestContext,
): AppendResult[] {
  const nowMs = broker.runtime.clock.now()
  const results = items.map(({ located: { partition } }, index) => {
    // A compressed batch took a while to look into: the topic may be gone.
    const isLed = partition === undefined || partition.leaderId === broker.node.id
    const verdict = isLed ? verdicts[index] : refusal(ErrorCodes.NOT_LEADER_OR_FOLLOWER)
    return appendBatch(partition, verdict, nowMs, broker.logger)
  })
  for (const [index, { located }] of items.entries()) {
    if (results[index].errorCode === ErrorCodes.NONE) broker.replicas.appended(located.partition!)
  }
  return results
}

function answer(
  request: ProduceRequest,
  items: readonly Item[],
  results: readonly AppendResult[],
  { broker, version }: RequestContext,
): Answer<ProduceResponse> {
  if (request.acks === 0) {
    // There is no other way to tell the producer than to make it ask for metadata anew.
    return results.some(({ errorCode }) => errorCode !== ErrorCodes.NONE) ? hangUp : noAnswer
  }
  const responses: Draft<TopicProduceResponse>[] = []
  let index = 0
  for (const { name, topicId, partitionData } of request.topicData) {
    const partitionResponses = partitionData.map(() => {
      const response = describe(items[index], results[index], version)
      index += 1
      return response
    })
    responses.push({ name, topicId, partitionResponses })
  }
  const misled = items.flatMap(({ located }, at) =>
    results[at].errorCode === ErrorCodes.NOT_LEADER_OR_FOLLOWER ? [located.partition] : [],
  )
  if (version < firstVersionWithHints) return { responses }
  return { responses, nodeEndpoints: nodeEndpoints(broker.view, misled) }
}

function describe(
  { data, located }: Item,
  result: AppendResult,
  version: number,
): Draft<PartitionProduceResponse> {
  const { errorCode, errorMessage, recordErrors, baseOffset, logAppendTimeMs, logStartOffset } = result
  return {
    index: data.index,
    errorCode,
    baseOffset: BigInt(baseOffset),
    logAppendTimeMs: BigInt(logAppendTimeMs),
    logStartOffset: BigInt(logStartOffset),
    recordErrors,
    errorMessage,
    ...(version >= firstVersionWithHints &&
      errorCode === ErrorCodes.NOT_LEADER_OR_FOLLOWER && { currentLeader: leaderHint(located.partition) }),
  }
}
