/**
 * What each of Kafka's error codes means and what to do about it, in our own words. The generator stops when a
 * code has no message here, or a message no code.
 */
export const errorMessages: Readonly<Record<string, string>> = {
  UNKNOWN_SERVER_ERROR: 'the broker failed in a way it has no code for; its log says more',
  NONE: 'no error',
  OFFSET_OUT_OF_RANGE:
    'the partition does not hold this offset (any more, or yet); seek, or let the reset policy choose',
  CORRUPT_MESSAGE:
    'a record batch arrived damaged or is not valid for the topic; records of a compacted topic need keys',
  UNKNOWN_TOPIC_OR_PARTITION: 'the broker does not host this topic or partition; check that it exists',
  INVALID_FETCH_SIZE: 'the number of bytes to fetch is not valid',
  LEADER_NOT_AVAILABLE: 'the partition has no leader at the moment, as while one is being elected',
  NOT_LEADER_OR_FOLLOWER:
    'the broker no longer leads or follows this partition; the metadata has to be refreshed',
  REQUEST_TIMED_OUT: 'the broker could not finish within the time that the request gave it',
  BROKER_NOT_AVAILABLE: 'the broker is not there',
  REPLICA_NOT_AVAILABLE: 'the broker has no replica of this partition that could answer',
  MESSAGE_TOO_LARGE:
    "the batch is larger than the topic's max.message.bytes; send smaller records or raise the limit",
  STALE_CONTROLLER_EPOCH: 'the request comes from a controller that was replaced',
  OFFSET_METADATA_TOO_LARGE:
    "the text committed with an offset is longer than the broker's limit; shorten it",
  NETWORK_EXCEPTION: 'the connection broke before an answer came',
  COORDINATOR_LOAD_IN_PROGRESS: 'the coordinator is still loading its state; wait and try again',
  COORDINATOR_NOT_AVAILABLE:
    'there is no coordinator at the moment, or it cannot write its state; wait and look it up again',
  NOT_COORDINATOR:
    'the broker does not coordinate this group or transactional id any more; look the coordinator up again',
  INVALID_TOPIC_EXCEPTION:
    'the topic name is not allowed: up to 249 of letters, digits, dot, underscore and hyphen, or it is internal',
  RECORD_LIST_TOO_LARGE: "the request's records are larger than a log segment; send smaller batches",
  NOT_ENOUGH_REPLICAS: 'fewer replicas are in sync than min.insync.replicas asks for; nothing was written',
  NOT_ENOUGH_REPLICAS_AFTER_APPEND:
    'the records were written, and then fewer replicas were in sync than min.insync.replicas asks for',
  INVALID_REQUIRED_ACKS: 'acks must be 0, 1 or all (-1)',
  ILLEGAL_GENERATION: 'the group has moved on to another generation; the member has to join again',
  INCONSISTENT_GROUP_PROTOCOL: 'the group uses another protocol type or shares no assignor with this member',
  INVALID_GROUP_ID: 'the group id is empty or not allowed',
  UNKNOWN_MEMBER_ID:
    'the coordinator does not know this member (any more); it has to join again as a new one',
  INVALID_SESSION_TIMEOUT: "the session timeout is outside of the broker's group.min/max.session.timeout.ms",
  REBALANCE_IN_PROGRESS: 'the group is sharing out its partitions anew; the member has to join again',
  INVALID_COMMIT_OFFSET_SIZE:
    'the committed offsets and their metadata are too large for one record of the offsets topic',
  TOPIC_AUTHORIZATION_FAILED: 'the principal may not do this with the topic; an ACL for it is missing',
  GROUP_AUTHORIZATION_FAILED: 'the principal may not use this group; an ACL for it is missing',
  CLUSTER_AUTHORIZATION_FAILED: 'the principal may not do this with the cluster; an ACL for it is missing',
  INVALID_TIMESTAMP: "a record's timestamp is further from the broker's clock than the topic allows",
  UNSUPPORTED_SASL_MECHANISM: 'the broker does not offer this SASL mechanism on this listener',
  ILLEGAL_SASL_STATE: 'the request does not fit the state of the SASL exchange',
  UNSUPPORTED_VERSION:
    'the broker does not know this version of the API, or a feature that the request needs',
  TOPIC_ALREADY_EXISTS: 'a topic of this name exists',
  INVALID_PARTITIONS: 'the number of partitions is not allowed; it is at least 1 and can only grow',
  INVALID_REPLICATION_FACTOR:
    'the replication factor is below 1 or above the number of brokers that are there',
  INVALID_REPLICA_ASSIGNMENT:
    'the replicas named for the partitions are not allowed: unknown, doubled or inconsistent brokers',
  INVALID_CONFIG: 'a configuration key or value is not valid',
  NOT_CONTROLLER: 'the broker is not the controller any more; look it up again',
  INVALID_REQUEST: 'the request contradicts itself or breaks a rule of its API; the broker log says which',
  UNSUPPORTED_FOR_MESSAGE_FORMAT: "the topic's message format on the broker is too old for this",
  POLICY_VIOLATION: 'a policy that the operator set on the cluster forbids this',
  OUT_OF_ORDER_SEQUENCE_NUMBER: 'a batch of this producer is missing before this one; order would be broken',
  DUPLICATE_SEQUENCE_NUMBER: 'the broker has this batch already',
  INVALID_PRODUCER_EPOCH:
    'a newer epoch of this producer id exists; the producer has to start again or give way',
  INVALID_TXN_STATE: 'the transaction is in a state that does not allow this',
  INVALID_PRODUCER_ID_MAPPING: 'the producer id is not the one that belongs to this transactional id now',
  INVALID_TRANSACTION_TIMEOUT: "the transaction timeout is above the broker's transaction.max.timeout.ms",
  CONCURRENT_TRANSACTIONS:
    'an earlier transaction of this producer is still being completed; wait and try again',
  TRANSACTION_COORDINATOR_FENCED: 'a transaction marker came from a coordinator that was replaced',
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
    'the principal may not use this transactional id; an ACL for it is missing',
  SECURITY_DISABLED: 'the cluster has no authorizer, so it has no ACLs either',
  OPERATION_NOT_ATTEMPTED: 'this part of the request was left undone because another part failed',
  KAFKA_STORAGE_ERROR: "the broker's disk failed; another replica will lead",
  LOG_DIR_NOT_FOUND: "the log directory is not one of the broker's",
  SASL_AUTHENTICATION_FAILED: 'the broker rejected the credentials',
  UNKNOWN_PRODUCER_ID:
    'the broker holds no state of this producer id, as when its records were deleted by age',
  REASSIGNMENT_IN_PROGRESS: 'the partition is being moved to other replicas already',
  DELEGATION_TOKEN_AUTH_DISABLED:
    'the cluster has delegation tokens switched off (delegation.token.secret.key is not set)',
  DELEGATION_TOKEN_NOT_FOUND: 'there is no such delegation token',
  DELEGATION_TOKEN_OWNER_MISMATCH: 'the principal is neither owner nor renewer of the delegation token',
  DELEGATION_TOKEN_REQUEST_NOT_ALLOWED:
    'delegation tokens cannot be handled over a connection without authentication or by one of them',
  DELEGATION_TOKEN_AUTHORIZATION_FAILED:
    'the principal may not do this with delegation tokens; an ACL for it is missing',
  DELEGATION_TOKEN_EXPIRED: 'the delegation token has expired; get a new one',
  INVALID_PRINCIPAL_TYPE: 'a principal of this type is not supported here',
  NON_EMPTY_GROUP: 'the group has members; this works on groups without any',
  GROUP_ID_NOT_FOUND: 'there is no such group, or it is of another type',
  FETCH_SESSION_ID_NOT_FOUND: 'the broker dropped this fetch session; a full fetch starts a new one',
  INVALID_FETCH_SESSION_EPOCH: 'the fetch session is at another epoch; a full fetch starts a new one',
  LISTENER_NOT_FOUND: 'the leader has no listener of the name that the request came in on',
  TOPIC_DELETION_DISABLED: 'the cluster does not allow topics to be deleted (delete.topic.enable is false)',
  FENCED_LEADER_EPOCH:
    'the leader epoch in the request is old: the partition has another leader now; refresh the metadata',
  UNKNOWN_LEADER_EPOCH: 'the leader epoch in the request is newer than what the broker has heard of yet',
  UNSUPPORTED_COMPRESSION_TYPE: 'this codec cannot be used with this topic or version',
  STALE_BROKER_EPOCH: 'the broker that asks was registered again since',
  OFFSET_NOT_AVAILABLE: 'a new leader does not know the end of its log for sure yet; wait and try again',
  MEMBER_ID_REQUIRED: 'the coordinator gave the member an id; it has to join once more with it',
  PREFERRED_LEADER_NOT_AVAILABLE: 'the preferred leader is not there',
  GROUP_MAX_SIZE_REACHED: 'the group has as many members as the broker allows (group.max.size)',
  FENCED_INSTANCE_ID: 'another member took over this group instance id; each running process needs its own',
  ELIGIBLE_LEADERS_NOT_AVAILABLE: 'no replica that could lead the partition is there',
  ELECTION_NOT_NEEDED: 'the partition has the leader that it should have already',
  NO_REASSIGNMENT_IN_PROGRESS: 'the partition is not being moved',
  GROUP_SUBSCRIBED_TO_TOPIC: 'the group still consumes this topic, so its offsets cannot be deleted',
  INVALID_RECORD: 'the broker refused a record, as one without a key on a compacted topic',
  UNSTABLE_OFFSET_COMMIT: 'an open transaction may still change the committed offsets; wait and try again',
  THROTTLING_QUOTA_EXCEEDED:
    'the quota for such changes is used up; try again after the time that the broker gave',
  PRODUCER_FENCED: 'another producer with this transactional id has started; this one has to stop',
  RESOURCE_NOT_FOUND: 'what the request names does not exist',
  DUPLICATE_RESOURCE: 'the request names the same thing twice',
  UNACCEPTABLE_CREDENTIAL: 'the credential breaks a rule, such as too few iterations or an empty name',
  INCONSISTENT_VOTER_SET: 'sender and receiver disagree on who the voters of the controller quorum are',
  INVALID_UPDATE_VERSION: "the update's version is not the one that may come next",
  FEATURE_UPDATE_FAILED: 'the feature could not be set to this level; not every broker may support it',
  PRINCIPAL_DESERIALIZATION_FAILURE: 'the broker could not read the principal of a forwarded request',
  SNAPSHOT_NOT_FOUND: 'there is no such snapshot of the cluster metadata',
  POSITION_OUT_OF_RANGE: 'the position is negative or past the end of the snapshot',
  UNKNOWN_TOPIC_ID:
    'the broker does not know a topic of this id: it was deleted, or is too new; refresh the metadata',
  DUPLICATE_BROKER_REGISTRATION: 'a broker of this id is registered already',
  BROKER_ID_NOT_REGISTERED: 'no broker of this id is registered',
  INCONSISTENT_TOPIC_ID:
    "the topic's id is not the one in the log: it was deleted and made again; refresh the metadata",
  INCONSISTENT_CLUSTER_ID: 'the request was meant for another cluster',
  TRANSACTIONAL_ID_NOT_FOUND: 'the coordinator knows no such transactional id',
  FETCH_SESSION_TOPIC_ID_ERROR:
    'the fetch session mixes topic names and topic ids; a full fetch starts a new one',
  INELIGIBLE_REPLICA: 'a replica that should become in sync may not be',
  NEW_LEADER_ELECTED: 'the change made the partition choose another leader',
  OFFSET_MOVED_TO_TIERED_STORAGE: 'the offset lies in remote storage, which followers do not fetch',
  FENCED_MEMBER_EPOCH:
    'the coordinator fenced this member: its epoch is wrong; it has to give up its partitions and join again',
  UNRELEASED_INSTANCE_ID: 'another member still holds this group instance id; it has to leave first',
  UNSUPPORTED_ASSIGNOR: 'the coordinator has no assignor of this name',
  STALE_MEMBER_EPOCH: 'the member epoch in the request is old; try again with the one of the last heartbeat',
  MISMATCHED_ENDPOINT_TYPE: 'the request is for brokers and went to a controller, or the other way round',
  UNSUPPORTED_ENDPOINT_TYPE: 'endpoints of this type are not supported',
  UNKNOWN_CONTROLLER_ID: 'there is no controller of this id',
  UNKNOWN_SUBSCRIPTION_ID: 'the telemetry subscription has changed; ask for it again',
  TELEMETRY_TOO_LARGE: 'the pushed metrics are larger than the broker takes',
  INVALID_REGISTRATION: 'the controller refused the registration',
  TRANSACTION_ABORTABLE: 'the transaction cannot be committed; abort it and go on with a new one',
  INVALID_RECORD_STATE:
    'the records were not acquired by this member (any more), so they cannot be acknowledged',
  SHARE_SESSION_NOT_FOUND: 'the broker dropped this share session; a new one has to be opened',
  INVALID_SHARE_SESSION_EPOCH: 'the share session is at another epoch; a new one has to be opened',
  FENCED_STATE_EPOCH: "the share partition's state has a newer epoch",
  INVALID_VOTER_KEY: 'the voter to be changed is not who the receiver is',
  DUPLICATE_VOTER: 'the voter is in the controller quorum already',
  VOTER_NOT_FOUND: 'the voter is not in the controller quorum',
  INVALID_REGULAR_EXPRESSION:
    'the broker cannot compile the regular expression; it takes the syntax of RE2/J',
  REBOOTSTRAP_REQUIRED:
    'the broker asks the client to forget what it knows and to start from its bootstrap addresses',
  STREAMS_INVALID_TOPOLOGY: 'the streams topology is not valid',
  STREAMS_INVALID_TOPOLOGY_EPOCH: 'the streams topology has another epoch',
  STREAMS_TOPOLOGY_FENCED: 'the streams topology in the request is older than the one of the group',
  SHARE_SESSION_LIMIT_REACHED: 'the broker has as many share sessions open as it allows; wait and try again',
}
