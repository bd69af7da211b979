/** The tables of what releases offer, which `npm run generate:releases` writes, are what the brokers say. */
import { expect, test } from 'vitest'
import { releases } from '../../src/testing/versions/releases.ts'
import { askRelease } from '../../tools/releases/ask-release.ts'
import { useKafka } from '../harness/use-kafka.ts'

const kafka = useKafka()

test('the table of the release is what its broker answers', async () => {
  const table = Object.values(releases).find(({ version }) => version === kafka.version)
  expect(await askRelease(kafka.bootstrap[0], kafka.version)).toEqual(table)
})
