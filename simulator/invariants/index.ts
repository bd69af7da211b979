import { acknowledgedIsInTheLog } from './acknowledged-is-in-the-log.ts'
import { committedWasProcessed } from './committed-was-processed.ts'
import { drainsInTime } from './drains-in-time.ts'
import { everythingIsProcessed } from './everything-is-processed.ts'
import { handedInOrder } from './handed-in-order.ts'
import { handedIsTheLog } from './handed-is-the-log.ts'
import type { Invariant } from './invariant.ts'
import { limitsHold } from './limits-hold.ts'
import { noDuplicateWithoutCause } from './no-duplicate-without-cause.ts'
import { nothingIsLeft } from './nothing-is-left.ts'
import { nothingIsUncaught } from './nothing-is-uncaught.ts'
import { oneOwner } from './one-owner.ts'
import { onlyWhatWasSent } from './only-what-was-sent.ts'
import { orderOfAProducer } from './order-of-a-producer.ts'
import { promisesSettle } from './promises-settle.ts'
import { refusedIsNotWritten } from './refused-is-not-written.ts'
import { staleMembersAreRefused } from './stale-members-are-refused.ts'
import { worksAgain } from './works-again.ts'
import { writtenOnce } from './written-once.ts'

/** All that has to hold in every run. */
export const invariants: readonly Invariant[] = [
  acknowledgedIsInTheLog,
  committedWasProcessed,
  drainsInTime,
  everythingIsProcessed,
  handedInOrder,
  handedIsTheLog,
  limitsHold,
  noDuplicateWithoutCause,
  nothingIsLeft,
  nothingIsUncaught,
  oneOwner,
  onlyWhatWasSent,
  orderOfAProducer,
  promisesSettle,
  refusedIsNotWritten,
  staleMembersAreRefused,
  worksAgain,
  writtenOnce,
]
