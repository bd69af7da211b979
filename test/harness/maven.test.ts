import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { mavenClasspath } from './maven.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'odradek-maven-'))
  vi.stubEnv('ODRADEK_CACHE', join(folder, 'cache'))
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true, force: true })
})

function pomFile(artifact: string): string {
  const path = join(folder, 'pom.xml')
  writeFileSync(
    path,
    `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
      <groupId>t</groupId><artifactId>t</artifactId><version>1</version><packaging>pom</packaging><dependencies>
      <dependency><groupId>org.slf4j</groupId><artifactId>${artifact}</artifactId><version>1.7.36</version></dependency>
    </dependencies></project>`,
  )
  return path
}

test('the jars of a POM are fetched once and shared by all who ask', async () => {
  const pom = pomFile('slf4j-api')
  const [first, second] = await Promise.all([mavenClasspath(pom), mavenClasspath(pom)])
  expect(first).toBe(second)
  expect(readdirSync(dirname(first))).toEqual(['slf4j-api-1.7.36.jar'])
  // from now on without Maven
  vi.stubEnv('PATH', folder)
  expect(await mavenClasspath(pom)).toBe(first)
  expect(readdirSync(join(folder, 'cache/jars')), 'no lock, no half-made folder').toHaveLength(1)
})

test('a missing program is named, with what to install', async () => {
  vi.stubEnv('PATH', folder)
  await expect(mavenClasspath(pomFile('slf4j-api'))).rejects.toThrow(
    'java is not installed: install a JDK (17 or later) and Maven, or set KAFKA_BROKERS',
  )
})

test('what Maven could not find is in the error, and nothing is left in the cache', async () => {
  await expect(mavenClasspath(pomFile('no-such-artifact'))).rejects.toThrow(/no-such-artifact/)
  expect(readdirSync(join(folder, 'cache/jars'))).toEqual([])
})

test('the lock of a process that is gone does not hold anybody up', async () => {
  const pom = pomFile('slf4j-api')
  const path = await mavenClasspath(pom)
  rmSync(dirname(path), { recursive: true })
  const gone = spawnSync('true').pid
  writeFileSync(`${dirname(path)}.lock`, String(gone))
  expect(await mavenClasspath(pom)).toBe(path)
})
