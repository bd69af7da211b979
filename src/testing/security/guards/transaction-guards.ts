import { ErrorCodes } from '../../../protocol/error-codes.ts'
import {
  AddOffsetsToTxn,
  AddPartitionsToTxn,
  DescribeTransactions,
  EndTxn,
  InitProducerId,
  ListTransactions,
  TxnOffsetCommit,
  WriteTxnMarkers,
} from '../../../protocol/messages/index.ts'
import type { Access } from '../access.ts'
import { type Guard, gate, guard, parted, refusedWhole } from './guard.ts'

const firstVersionOfManyTransactions = 4
const {
  NONE,
  CLUSTER_AUTHORIZATION_FAILED,
  GROUP_AUTHORIZATION_FAILED,
  OPERATION_NOT_ATTEMPTED,
  TOPIC_AUTHORIZATION_FAILED,
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
} = ErrorCodes

/** Requests of producers with ids, and about transactions. */
export const transactionGuards: readonly Guard[] = [
  gate(InitProducerId, ({ transactionalId }, access) => {
    if (transactionalId !== null) {
      return mayWrite(access, transactionalId) ? NONE : TRANSACTIONAL_ID_AUTHORIZATION_FAILED
    }
    // Who may write to any topic may do so with idempotence (KIP-679).
    const mayBeIdempotent = access.onCluster('idempotentWrite') || access.onAny('write', 'topic')
    return mayBeIdempotent ? NONE : CLUSTER_AUTHORIZATION_FAILED
  }),
  guard(AddPartitionsToTxn, (request, access, { version }) => {
    if (version >= firstVersionOfManyTransactions) {
      // Only brokers ask in these versions.
      return access.onCluster('clusterAction')
        ? { allowed: request }
        : { allowed: undefined, instead: { errorCode: CLUSTER_AUTHORIZATION_FAILED } }
    }
    if (!mayWrite(access, request.v3AndBelowTransactionalId)) {
      return refusedWhole(request, TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
    }
    const { v3AndBelowTopics: topics } = request
    const [others, refused] = parted(topics, ({ name }) => access.may('write', 'topic', name))
    if (refused.length === 0) return { allowed: request }
    // All or none: what could have been added is not.
    return {
      allowed: undefined,
      refused: [
        { request: { ...request, v3AndBelowTopics: refused }, errorCode: TOPIC_AUTHORIZATION_FAILED },
        { request: { ...request, v3AndBelowTopics: others }, errorCode: OPERATION_NOT_ATTEMPTED },
      ],
    }
  }),
  gate(AddOffsetsToTxn, ({ transactionalId, groupId }, access) => {
    if (!mayWrite(access, transactionalId)) return TRANSACTIONAL_ID_AUTHORIZATION_FAILED
    return access.may('read', 'group', groupId) ? NONE : GROUP_AUTHORIZATION_FAILED
  }),
  gate(EndTxn, ({ transactionalId }, access) =>
    mayWrite(access, transactionalId) ? NONE : TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
  ),
  gate(WriteTxnMarkers, (_request, access) =>
    access.onCluster('alter') || access.onCluster('clusterAction') ? NONE : CLUSTER_AUTHORIZATION_FAILED,
  ),
  guard(TxnOffsetCommit, (request, access) => {
    if (!mayWrite(access, request.transactionalId)) {
      return refusedWhole(request, TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
    }
    if (!access.may('read', 'group', request.groupId))
      return refusedWhole(request, GROUP_AUTHORIZATION_FAILED)
    const [topics, refused] = parted(request.topics, ({ name }) => access.may('read', 'topic', name))
    return {
      // A commit of nothing would make a group.
      allowed: topics.length === 0 && refused.length > 0 ? undefined : { ...request, topics },
      refused: [{ request: { ...request, topics: refused }, errorCode: TOPIC_AUTHORIZATION_FAILED }],
    }
  }),
  guard(DescribeTransactions, (request, access) => {
    const [transactionalIds, refused] = parted(request.transactionalIds, (id) => mayKnow(access, id))
    return {
      allowed: { ...request, transactionalIds },
      refused: [
        {
          request: { ...request, transactionalIds: refused },
          errorCode: TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
        },
      ],
      censor: (answer) => ({
        ...answer,
        transactionStates: answer.transactionStates?.map((state) => ({
          ...state,
          topics: state.topics?.filter(({ topic }) => access.may('describe', 'topic', topic ?? '')),
        })),
      }),
    }
  }),
  guard(ListTransactions, (request, access) => ({
    allowed: request,
    censor: (answer) => ({
      ...answer,
      transactionStates: answer.transactionStates?.filter(({ transactionalId }) =>
        mayKnow(access, transactionalId ?? ''),
      ),
    }),
  })),
]

function mayWrite(access: Access, transactionalId: string): boolean {
  return access.may('write', 'transactionalId', transactionalId)
}

function mayKnow(access: Access, transactionalId: string): boolean {
  return access.may('describe', 'transactionalId', transactionalId)
}
