import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  AddOffsetsToTxn,
  AddPartitionsToTxn,
  AlterClientQuotas,
  AlterUserScramCredentials,
  ApiVersions,
  CreateAcls,
  CreateDelegationToken,
  DeleteAcls,
  DescribeAcls,
  DescribeClientQuotas,
  DescribeCluster,
  DescribeDelegationToken,
  DescribeQuorum,
  DescribeTransactions,
  DescribeUserScramCredentials,
  EndTxn,
  ExpireDelegationToken,
  GetTelemetrySubscriptions,
  InitProducerId,
  ListConfigResources,
  ListTransactions,
  PushTelemetry,
  RenewDelegationToken,
  SaslAuthenticate,
  SaslHandshake,
  TxnOffsetCommit,
  UnregisterBroker,
  UpdateFeatures,
  WriteTxnMarkers,
} from '../../protocol/messages/index.ts'
import { type FailedAnswer, failing, failingAtTheTop } from './failed-answer.ts'

/** How requests about transactions fail. */
export const failedTransactionAnswers: readonly FailedAnswer[] = [
  failing(InitProducerId, (_request, { errorCode }) => ({ errorCode, producerEpoch: -1 })),
  failing(AddPartitionsToTxn, ({ transactions, v3AndBelowTopics }, { errorCode }, { version }) => {
    const fail = ({ name, partitions }: { name: string; partitions: number[] }) => ({
      name,
      resultsByPartition: partitions.map((partitionIndex) => ({
        partitionIndex,
        partitionErrorCode: errorCode,
      })),
    })
    if (version < 4) return { resultsByTopicV3AndBelow: v3AndBelowTopics.map(fail) }
    return {
      errorCode,
      resultsByTransaction: transactions.map(({ transactionalId, topics }) => ({
        transactionalId,
        topicResults: topics.map(fail),
      })),
    }
  }),
  failingAtTheTop(AddOffsetsToTxn),
  failingAtTheTop(EndTxn),
  failing(TxnOffsetCommit, ({ topics }, { errorCode }) => ({
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    })),
  })),
  failing(WriteTxnMarkers, ({ markers }, { errorCode }) => ({
    markers: markers.map(({ producerId, topics }) => ({
      producerId,
      topics: topics.map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex, errorCode })),
      })),
    })),
  })),
  failing(DescribeTransactions, ({ transactionalIds }, { errorCode }) => ({
    transactionStates: transactionalIds.map((transactionalId) => ({ transactionalId, errorCode })),
  })),
  failingAtTheTop(ListTransactions),
]

/** How requests about the cluster, its users and its clients fail. */
export const failedClusterAnswers: readonly FailedAnswer[] = [
  failing(ApiVersions, (_request, { errorCode }) => ({
    errorCode,
    // A client that is told that its version is not known looks here for one that is.
    apiKeys: errorCode === ErrorCodes.UNSUPPORTED_VERSION ? [{ apiKey: 18, maxVersion: 0 }] : [],
  })),
  failingAtTheTop(DescribeCluster),
  failingAtTheTop(DescribeQuorum),
  failingAtTheTop(UpdateFeatures),
  failingAtTheTop(UnregisterBroker),
  failingAtTheTop(ListConfigResources),
  failingAtTheTop(SaslHandshake),
  failingAtTheTop(SaslAuthenticate),
  failingAtTheTop(GetTelemetrySubscriptions),
  failingAtTheTop(PushTelemetry),
  failingAtTheTop(DescribeAcls),
  failing(CreateAcls, ({ creations }, failure) => ({ results: creations.map(() => ({ ...failure })) })),
  failing(DeleteAcls, ({ filters }, failure) => ({ filterResults: filters.map(() => ({ ...failure })) })),
  failingAtTheTop(CreateDelegationToken),
  failingAtTheTop(RenewDelegationToken),
  failingAtTheTop(ExpireDelegationToken),
  failingAtTheTop(DescribeDelegationToken),
  failing(DescribeClientQuotas, (_request, failure) => ({ ...failure, entries: null })),
  failing(AlterClientQuotas, ({ entries }, failure) => ({
    entries: entries.map(({ entity }) => ({ entity, ...failure })),
  })),
  failingAtTheTop(DescribeUserScramCredentials),
  failing(AlterUserScramCredentials, ({ deletions, upsertions }, failure) => ({
    results: [...deletions, ...upsertions].map(({ name }) => ({ user: name, ...failure })),
  })),
]
