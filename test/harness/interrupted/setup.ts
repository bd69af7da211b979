/** A broker of the run's main process. */
import { startAndTell } from './tell.ts'

export default async function setup(): Promise<() => Promise<void>> {
  const kafka = await startAndTell()
  return () => kafka.close()
}
