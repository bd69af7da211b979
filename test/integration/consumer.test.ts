import { afterAll, beforeAll, describe } from 'vitest'
import { Fixture } from '../consumer/fixture.ts'
import { describeReading } from '../consumer/reading.ts'
import { describeTransactionsInTheLog } from '../consumer/reading-transactions.ts'
import { describeSharing } from '../consumer/sharing.ts'
import { useKafka } from '../harness/use-kafka.ts'

let fixture: Fixture

beforeAll(() => {
  fixture = new Fixture(useKafka().bootstrap)
})

afterAll(() => fixture.close())

describe('a consumer and a real broker', () => {
  describeReading(() => fixture)
  describeSharing(() => fixture)
  describeTransactionsInTheLog(() => fixture)
})
