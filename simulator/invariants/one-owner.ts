import { type Invariant, placeKey } from './invariant.ts'

/** A member notices by its heartbeats, and hands its records back, within so long. */
const noticedWithinMs = 2_000

/**
 * No partition has two owners that both go on. One that was cut off may not know that its partitions are somebody
 * else's; but when its session is over, by the last word that it had from its coordinator, it has to know, and takes
 * nothing new. (What it commits then is refused: see `stale-members-are-refused`.) Two of one generation are never given the same.
 */
export const oneOwner: Invariant = {
  name: 'one-owner',
  begin() {
    /** By group and place, who holds it, the latest last. */
    const owners = new Map<string, string[]>()
    /** By client, the last generation that it was a member of. */
    const generations = new Map<string, number>()
    const sessions = new Map<string, number>()
    /** By client, until when it may well not know better. */
    const excusedUntilMs = new Map<string, number>()
    const excuse = (client: string, untilMs: number) =>
      excusedUntilMs.set(client, Math.max(untilMs, excusedUntilMs.get(client) ?? 0))
    return {
      fact(fact, nowMs) {
        switch (fact.kind) {
          case 'client-opened':
            sessions.set(fact.client, fact.limits.sessionTimeoutMs)
            return undefined
          case 'client-died':
          case 'client-closed':
            for (const [key, holders] of owners)
              owners.set(
                key,
                holders.filter((name) => name !== fact.client),
              )
            return undefined
          case 'arrived':
            if (
              membership.has(fact.request.api) &&
              fact.errors.every((name) => name === 'REBALANCE_IN_PROGRESS')
            ) {
              const session = sessions.get(fact.request.client) ?? 0
              excuse(fact.request.client, nowMs + session + noticedWithinMs)
            }
            return undefined
          case 'fault':
            if (fact.fault.kind === 'pause-client')
              excuse(fact.fault.client, nowMs + fact.fault.forMs + noticedWithinMs)
            return undefined
          case 'joined':
            generations.set(fact.client, fact.generation)
            return undefined
          case 'assigned':
          case 'revoked':
            for (const place of fact.partitions) {
              const key = `${fact.group} ${placeKey(place)}`
              const others = (owners.get(key) ?? []).filter((name) => name !== fact.consumer)
              owners.set(key, fact.kind === 'assigned' ? [...others, fact.consumer] : others)
              if (fact.kind === 'revoked') continue
              const generation = generations.get(fact.consumer)
              const other = others.find(
                (name) => generation !== undefined && generations.get(name) === generation,
              )
              if (other !== undefined) {
                return `${placeKey(place)} is ${other}'s and ${fact.consumer}'s in generation ${generation} of ${fact.group}`
              }
            }
            return undefined
          case 'handed': {
            const holders = owners.get(`${fact.group} ${placeKey(fact)}`) ?? []
            const latest = holders[holders.length - 1]
            if (
              latest === fact.consumer ||
              (excusedUntilMs.get(fact.consumer) ?? Number.NEGATIVE_INFINITY) >= nowMs
            )
              return undefined
            return `${fact.consumer} was handed offset ${fact.offset} of ${placeKey(fact)}, which is ${latest ?? 'nobody'}'s by now`
          }
          default:
            return undefined
        }
      },
    }
  },
}

/** What a member's coordinator answers only to members. */
const membership: ReadonlySet<string> = new Set(['Heartbeat', 'SyncGroup'])
