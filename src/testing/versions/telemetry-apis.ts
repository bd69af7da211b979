import type { ReleasedApi } from './release.ts'
import type { ReleaseName } from './releases.ts'

const since37: readonly ReleasedApi[] = [
  { key: 71, versions: [0, 0] }, // GetTelemetrySubscriptions
  { key: 72, versions: [0, 0] }, // PushTelemetry
]

/** What a broker offers besides once somebody has given it a receiver of telemetry, which Kafka has since 3.7. */
export function telemetryApis(release: ReleaseName): readonly ReleasedApi[] {
  return release === '2.8' || release === '3.3' ? [] : since37
}
