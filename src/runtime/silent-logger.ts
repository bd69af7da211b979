import type { Logger } from './runtime.ts'

const nothing = () => {}

/** Says nothing. */
export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing }
