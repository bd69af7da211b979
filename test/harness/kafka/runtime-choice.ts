/** Whether brokers run in containers or in JVMs of this machine. */
import { ProgramMissingError, run, runOrFail } from '../run.ts'
import { imageOf } from './docker.ts'
import { kafkaClasspath } from './jars.ts'
import { javaVersion } from './jvm.ts'
import { type KafkaVersion, traitsOf } from './versions.ts'

export type Runtime = 'docker' | 'jvm'

const DOCKER_ANSWER_TIMEOUT_MS = 10_000
const PULL_TIMEOUT_MS = 300_000

const choices = new Map<KafkaVersion, Promise<Runtime>>()

/** What this machine can run that version with; rejects with what to install when it can not. Looked up once. */
export function chooseRuntime(version: KafkaVersion): Promise<Runtime> {
  let choice = choices.get(version)
  if (choice === undefined) {
    choice = look(version)
    choices.set(version, choice)
  }
  return choice
}

async function look(version: KafkaVersion): Promise<Runtime> {
  const noDocker = await whyNoDocker(version)
  if (noDocker === undefined) return 'docker'
  try {
    await javaVersion()
    await kafkaClasspath(version)
    return 'jvm'
  } catch (error) {
    throw new Error(noKafkaMessage(version, noDocker, error), { cause: error })
  }
}

/** What a person reads who has none of the three. */
export function noKafkaMessage(version: KafkaVersion, noDocker: string, noJvm: unknown): string {
  return [
    `No way to run Kafka ${version} for the tests was found. One of these is needed:`,
    `  - KAFKA_BROKERS=host:port[,...], a running cluster (for the tests that need none of their own): it is not set`,
    `  - Docker: ${noDocker}`,
    `  - a JDK (17 or later) and Maven: ${noJvm instanceof Error ? noJvm.message : noJvm}`,
  ].join('\n')
}

/** Undefined when Docker answers and has the image or can get it. */
async function whyNoDocker(version: KafkaVersion): Promise<string | undefined> {
  if (!traitsOf(version).image) return `there is no image of Kafka ${version}`
  const image = imageOf(version)
  try {
    const info = await run('docker', ['info', '--format', '{{.ServerVersion}}'], {
      timeoutMs: DOCKER_ANSWER_TIMEOUT_MS,
    })
    if (info.code !== 0) return `no daemon answers (${firstLine(info.stderr)})`
    const present = await run('docker', ['image', 'inspect', image])
    if (present.code !== 0)
      await runOrFail('docker', ['pull', '--quiet', image], { timeoutMs: PULL_TIMEOUT_MS })
    return undefined
  } catch (error) {
    if (error instanceof ProgramMissingError) return 'it is not installed'
    return firstLine(error instanceof Error ? error.message : String(error))
  }
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0]
}
