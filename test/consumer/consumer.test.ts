import { afterAll, beforeAll, describe } from 'vitest'
import { type Broker, startBroker } from '../../src/testing/index.ts'
import { Fixture } from './fixture.ts'
import { describeReading } from './reading.ts'
import { describeTransactionsInTheLog } from './reading-transactions.ts'
import { describeSharing } from './sharing.ts'

let broker: Broker
let fixture: Fixture

beforeAll(async () => {
  broker = await startBroker()
  fixture = new Fixture(broker.brokers)
})

afterAll(async () => {
  await fixture.close()
  await broker.close()
})

describe('a consumer and the broker in TypeScript', () => {
  describeReading(() => fixture)
  describeSharing(() => fixture)
  describeTransactionsInTheLog(() => fixture)
})
