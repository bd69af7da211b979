import { ErrorCodes } from '../../protocol/error-codes.ts'

/** Older clients know no PRODUCER_FENCED (KIP-588) and are told that their epoch is invalid. */
export function fencedAs(errorCode: number, knowsFenced: boolean): number {
  return errorCode === ErrorCodes.PRODUCER_FENCED && !knowsFenced
    ? ErrorCodes.INVALID_PRODUCER_EPOCH
    : errorCode
}
