import type { PartitionRegistration } from '../state/registration.ts'

export interface ElectionRules {
  /** Whether the broker is alive, and may lead and be in sync. */
  readonly isAlive: (id: number) => boolean
  /** `unclean.leader.election.enable`: better to lose records than to wait. */
  readonly allowsUnclean: boolean
  /** `min.insync.replicas`, at most the number of replicas. */
  readonly minInsyncReplicas: number
}

/**
 * Decides anew who leads a partition and who is in sync after brokers have come or gone: dead brokers are in sync no
 * more, and who leads goes on leading where it can. The same object when nothing changes.
 */
export function settle(known: PartitionRegistration, rules: ElectionRules): PartitionRegistration {
  const leaderId = chooseLeader(known, rules, known.leaderId)
  return withLeader(known, leaderId, rules)
}

/** Makes the first replica that may lead the leader: the preferred one, when it is alive and in sync (KIP-460). */
export function preferFirst(known: PartitionRegistration, rules: ElectionRules): PartitionRegistration {
  const [preferred] = known.replicas
  const canLead = known.isr.includes(preferred) && rules.isAlive(preferred)
  return canLead ? withLeader(known, preferred, rules) : known
}

/** Makes this replica the leader, whether it is in sync or not. */
export function appoint(
  known: PartitionRegistration,
  leaderId: number,
  rules: ElectionRules,
): PartitionRegistration {
  return withLeader(known, leaderId, rules)
}

/** Takes over what a leader says of who is in sync. */
export function withIsr(
  known: PartitionRegistration,
  isr: readonly number[],
  { minInsyncReplicas }: Pick<ElectionRules, 'minInsyncReplicas'>,
): PartitionRegistration {
  const dropped = known.isr.filter((id) => !isr.includes(id))
  const changed = {
    ...known,
    isr: known.replicas.filter((id) => isr.includes(id)),
    eligibleLeaders: eligible(known, isr, dropped, minInsyncReplicas),
    partitionEpoch: known.partitionEpoch + 1,
  }
  return finishedReassignment(changed)
}

/** Once all that come are in sync, those that go are gone (KIP-455). */
function finishedReassignment(known: PartitionRegistration): PartitionRegistration {
  const { adding, removing, replicas, isr, leaderId } = known
  if (adding.length === 0 && removing.length === 0) return known
  if (!adding.every((id) => isr.includes(id))) return known
  const left = replicas.filter((id) => !removing.includes(id))
  const inSync = isr.filter((id) => left.includes(id))
  if (inSync.length === 0) return known
  const moves = !left.includes(leaderId)
  return {
    ...known,
    replicas: left,
    isr: inSync,
    adding: [],
    removing: [],
    leaderId: moves ? left.find((id) => inSync.includes(id))! : leaderId,
    leaderEpoch: moves ? known.leaderEpoch + 1 : known.leaderEpoch,
    eligibleLeaders: known.eligibleLeaders.filter((id) => left.includes(id)),
  }
}

function chooseLeader(known: PartitionRegistration, rules: ElectionRules, present: number): number {
  const { replicas, isr, eligibleLeaders } = known
  const { isAlive, allowsUnclean } = rules
  if (present !== -1 && isAlive(present)) return present
  const find = (among: readonly number[]) => replicas.find((id) => among.includes(id) && isAlive(id))
  return find(isr) ?? find(eligibleLeaders) ?? (allowsUnclean ? replicas.find(isAlive) : undefined) ?? -1
}

function withLeader(
  known: PartitionRegistration,
  leaderId: number,
  rules: ElectionRules,
): PartitionRegistration {
  const isr = inSyncUnder(known, leaderId, rules)
  if (leaderId === known.leaderId && isr.length === known.isr.length) return known
  const dropped = known.isr.filter((id) => !isr.includes(id))
  const isUnclean =
    leaderId !== -1 && !known.isr.includes(leaderId) && !known.eligibleLeaders.includes(leaderId)
  return {
    ...known,
    leaderId,
    isr,
    lastKnownLeaders: isr.length > 0 ? [] : known.isr.length > 0 ? [known.leaderId] : known.lastKnownLeaders,
    // Who was in sync with another history has no claim to this one.
    eligibleLeaders: isUnclean ? [] : eligible(known, isr, dropped, rules.minInsyncReplicas),
    leaderEpoch: leaderId === known.leaderId ? known.leaderEpoch : known.leaderEpoch + 1,
    partitionEpoch: known.partitionEpoch + 1,
  }
}

function inSyncUnder(
  { isr }: PartitionRegistration,
  leaderId: number,
  rules: ElectionRules,
): readonly number[] {
  if (leaderId !== -1 && !isr.includes(leaderId)) return [leaderId]
  return isr.filter(rules.isAlive)
}

/** As long as less than `min.insync.replicas` are in sync nothing is committed, so who drops out then still has it all. */
function eligible(
  { eligibleLeaders }: PartitionRegistration,
  isr: readonly number[],
  dropped: readonly number[],
  minInsyncReplicas: number,
): readonly number[] {
  if (isr.length >= minInsyncReplicas) return []
  return [...eligibleLeaders.filter((id) => !isr.includes(id)), ...dropped]
}
