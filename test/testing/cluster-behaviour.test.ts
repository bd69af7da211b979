/**
 * Three brokers in TypeScript answer as three of Kafka did when they were recorded.
 * test/integration/differential-cluster.test.ts holds both, and the recording, to each other.
 */
import { describe, expect, test } from 'vitest'
import { clusterScenarios } from './scenarios/cluster.ts'
import { inTypeScript } from './support/brokers-in-typescript.ts'
import { tellCluster } from './support/cluster-world.ts'
import { readRecording, recordedVersion } from './support/recording.ts'

describe(`three brokers answer as those of Kafka ${recordedVersion}`, () => {
  test.each(clusterScenarios)('$name', async (scenario) => {
    await using brokers = await inTypeScript()
    expect(await tellCluster(scenario, brokers)).toEqual(readRecording(scenario.name))
  })
})
