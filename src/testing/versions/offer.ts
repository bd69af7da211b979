import type { AnyHandler } from '../server/handler.ts'
import type { Release, VersionRange } from './release.ts'

/** What a broker does of a release. */
export interface Offer {
  readonly release: Release
  /** By API key. */
  readonly handlers: ReadonlyMap<number, AnyHandler>
}

/**
 * What both the release and the handlers have. What releases before 4.0 offer below the lowest versions of 4.3's
 * schemas (Produce 0-2, Fetch 0-3, ListOffsets 0, OffsetCommit 0-1, OffsetFetch 0, CreateTopics 0-1, DeleteTopics 0,
 * OffsetForLeaderEpoch 0-1 and the like) is left out: the codec does not have it.
 *
 * @param more APIs that the release has and a fresh broker does not tell
 */
export function offerOf(
  release: Release,
  handlers: ReadonlyMap<number, AnyHandler>,
  more: Release['apis'] = [],
): Offer {
  const offered = new Map<number, AnyHandler>()
  for (const { key, versions } of [...release.apis, ...more]) {
    const handler = handlers.get(key)
    if (handler === undefined) continue
    const handled = common(handler.versions, versions)
    if (handled[0] > handled[1]) continue
    const advertised = common(handler.advertised ?? handler.versions, versions)
    offered.set(key, { ...handler, versions: handled, advertised })
  }
  return { release, handlers: offered }
}

function common(one: VersionRange, other: VersionRange): VersionRange {
  return [Math.max(one[0], other[0]), Math.min(one[1], other[1])]
}
