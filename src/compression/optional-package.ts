import { createRequire } from 'node:module'
import { CompressionError } from '../errors.ts'
import type { CompressionName } from './codec.ts'

export type LoadPackage = (name: string) => unknown

const load: LoadPackage = createRequire(import.meta.url)

/**
 * A package that is loaded when it is first needed. Missing, or without a binary for this platform, it stops
 * nothing but the codec that needs it, and only then.
 *
 * @param module what to load of the package, where that is not its main module
 */
export function optionalPackage<T>(
  name: string,
  codec: CompressionName,
  loadPackage: LoadPackage = load,
  module = name,
): () => T {
  let loaded: T | undefined
  return () => {
    if (loaded !== undefined) return loaded
    try {
      loaded = loadPackage(module) as T
    } catch (cause) {
      throw unavailable(name, module, codec, cause)
    }
    return loaded
  }
}

function unavailable(name: string, module: string, codec: CompressionName, cause: unknown): CompressionError {
  const code = (cause as NodeJS.ErrnoException).code
  const missing = code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND'
  // A binding that looks in vain for its platform's package reports MODULE_NOT_FOUND as well.
  const itself = missing && String((cause as Error).message).includes(`'${module}'`)
  const what = itself
    ? `is not installed: run "npm install ${name}"`
    : `is installed but did not load on ${process.platform}-${process.arch}: run "npm install ${name}" on this machine, optional dependencies included`
  return new CompressionError(`${codec} needs the package ${name}, which ${what}`, {
    context: { codec, package: name },
    cause,
  })
}
