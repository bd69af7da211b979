import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  type FeatureUpdateKey,
  UpdateFeatures,
  type UpdateFeaturesRequest,
  type UpdateFeaturesResponse,
} from '../../protocol/messages/update-features.ts'
import type { Handler } from '../server/handler.ts'
import type { Features } from '../state/features.ts'

const upgradeTypes = { upgrade: 1, safeDowngrade: 2, unsafeDowngrade: 3 } as const
const firstVersionWithTypes = 1
const lastVersionWithResults = 1
/** Kafka goes back to no older format of its metadata, once that has been finalized. */
const neverDowngraded = 'metadata.version'

/** Finalizes features at other levels (KIP-584): all that are named, or none. */
export const updateFeatures: Handler<UpdateFeaturesRequest, UpdateFeaturesResponse> = {
  api: UpdateFeatures,
  versions: [0, 2],

  handle({ featureUpdates, validateOnly }, { broker, version }) {
    const { features } = broker.cluster
    const updates = featureUpdates.map((update) => ({ ...update, upgradeType: typeOf(update, version) }))
    for (const update of updates) {
      const what = problemOf(features, update)
      if (what !== undefined) {
        const errorMessage = `the feature "${update.feature}" ${what}`
        return { errorCode: ErrorCodes.INVALID_UPDATE_VERSION, errorMessage, results: [] }
      }
    }
    if (!validateOnly) {
      for (const { feature, maxVersionLevel } of updates) features.finalize(feature, maxVersionLevel)
    }
    const results = updates.map(({ feature }) => ({
      feature,
      errorCode: ErrorCodes.NONE,
      errorMessage: 'it is at that level',
    }))
    return {
      errorCode: ErrorCodes.NONE,
      errorMessage: null,
      ...(version <= lastVersionWithResults && { results }),
    }
  },
}

function typeOf({ allowDowngrade, upgradeType }: FeatureUpdateKey, version: number): number {
  if (version >= firstVersionWithTypes) return upgradeType
  return allowDowngrade ? upgradeTypes.safeDowngrade : upgradeTypes.upgrade
}

/** Why a feature cannot be at that level, or undefined. */
function problemOf(
  features: Features,
  { feature, maxVersionLevel, upgradeType }: FeatureUpdateKey,
): string | undefined {
  const known = features.supported.find(({ name }) => name === feature)
  if (known === undefined) return 'is not supported'
  if (!Object.values<number>(upgradeTypes).includes(upgradeType))
    return `has no update of type ${upgradeType}`
  const [lowest, highest] = known.supported
  if (maxVersionLevel < lowest || maxVersionLevel > highest) {
    return `is supported at the levels ${lowest} to ${highest}, not ${maxVersionLevel}`
  }
  const level = features.level(feature)
  if (maxVersionLevel === level) return undefined
  if (maxVersionLevel > level) {
    return upgradeType === upgradeTypes.upgrade ? undefined : `is at level ${level}: that is no downgrade`
  }
  if (upgradeType === upgradeTypes.upgrade) return `is at level ${level}, and a downgrade was not asked for`
  return feature === neverDowngraded ? `is at level ${level} and cannot go back` : undefined
}
