export interface RecordError {
  readonly batchIndex: number
  readonly batchIndexErrorMessage: string
}

/** Why a batch is not taken. */
export interface Refusal {
  readonly errorCode: number
  /** For the broker's own log; null where the code says all. */
  readonly reason: string | null
  /** The client is told the reason too. Kafka tells few. */
  readonly isTold: boolean
  /** The records that are at fault, where it is not the batch as a whole. */
  readonly recordErrors: readonly RecordError[]
  /** The log itself refused the batch, so the answer says where the log begins. */
  readonly isByLog: boolean
}

/** Refused before the log is asked. */
export function refusal(errorCode: number, reason: string | null = null): Refusal {
  return { errorCode, reason, isTold: false, recordErrors: [], isByLog: false }
}

export function refusedByLog(
  errorCode: number,
  reason: string | null = null,
  recordErrors: readonly RecordError[] = [],
): Refusal {
  return { errorCode, reason, isTold: recordErrors.length > 0, recordErrors, isByLog: true }
}

export function isRefusal(verdict: object): verdict is Refusal {
  return 'isByLog' in verdict
}
