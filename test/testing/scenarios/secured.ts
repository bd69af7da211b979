import type { Scenario } from '../support/world.ts'
import { loginScenarios } from './security.ts'
import { aclScenarios } from './security-acls.ts'
import { denialScenarios } from './security-denials.ts'
import { newGroupScenarios } from './security-new-groups.ts'
import { rightsScenarios } from './security-rights.ts'
import { userScenarios } from './security-users.ts'

/** For a broker that is `secured` (support/secured.ts), told by its administrator where nobody else is named. */
export const securedScenarios: readonly Scenario[] = [
  ...loginScenarios,
  ...userScenarios,
  ...aclScenarios,
  ...denialScenarios,
  ...rightsScenarios,
  ...newGroupScenarios,
]
