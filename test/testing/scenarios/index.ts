import type { Scenario } from '../support/world.ts'
import { adminScenarios } from './admin.ts'
import { fetchScenarios } from './fetch.ts'
import { groupScenarios } from './groups.ts'
import { listOffsetsScenarios } from './list-offsets.ts'
import { produceScenarios } from './produce.ts'
import { topicScenarios } from './topics.ts'
import { versionScenarios } from './versions.ts'

export const scenarios: readonly Scenario[] = [
  ...produceScenarios,
  ...fetchScenarios,
  ...listOffsetsScenarios,
  ...groupScenarios,
  ...topicScenarios,
  ...adminScenarios,
  ...versionScenarios,
]
