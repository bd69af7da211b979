import type { Scenario } from '../support/world.ts'
import { adminScenarios } from './admin.ts'
import { compactionScenarios } from './compaction.ts'
import { configScenarios } from './configs.ts'
import { consumerGroupScenarios } from './consumer-groups.ts'
import { fetchScenarios } from './fetch.ts'
import { fetchSessionScenarios } from './fetch-sessions.ts'
import { groupMigrationScenarios } from './group-migration.ts'
import { groupStageScenarios } from './group-stages.ts'
import { groupScenarios } from './groups.ts'
import { listOffsetsScenarios } from './list-offsets.ts'
import { nameScenarios } from './names.ts'
import { produceScenarios } from './produce.ts'
import { shareGroupScenarios } from './share-groups.ts'
import { topicScenarios } from './topics.ts'
import { transactionScenarios } from './transactions.ts'
import { versionScenarios } from './versions.ts'

export const scenarios: readonly Scenario[] = [
  ...produceScenarios,
  ...fetchScenarios,
  ...fetchSessionScenarios,
  ...listOffsetsScenarios,
  ...groupScenarios,
  ...groupStageScenarios,
  ...consumerGroupScenarios,
  ...groupMigrationScenarios,
  ...topicScenarios,
  ...adminScenarios,
  ...configScenarios,
  ...nameScenarios,
  ...versionScenarios,
  ...transactionScenarios,
  ...shareGroupScenarios,
  ...compactionScenarios,
]
