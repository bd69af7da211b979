/** A broker of a worker, in a test that does not end by itself. */
import { test } from 'vitest'
import { startAndTell } from './tell.ts'

test('waits to be killed', async () => {
  const kafka = await startAndTell()
  const open = setInterval(() => {}, 1_000)
  await new Promise(() => {})
  clearInterval(open)
  await kafka.close()
})
