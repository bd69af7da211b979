/** Command lines of `docker`: pure, so that they can be tested where there is no daemon. */
import type { Properties } from './options.ts'
import type { KafkaVersion } from './versions.ts'

/** Ports inside of every container; each has its own network address. */
export const INTERNAL_PORT = 19_092
export const CONTROLLER_PORT = 9_093
/** Storage inside of a container: it lives as long as the container, over stops and starts. */
export const DATA_FOLDER = '/tmp/kafka-data'

const RUN_CLASS = '/opt/kafka/bin/kafka-run-class.sh'

export function imageOf(version: KafkaVersion): string {
  return `apache/kafka:${version}`
}

/**
 * A property as the image reads it from the environment: upper case after `KAFKA_`, a dot as one underline, an underline as
 * two, a hyphen as three.
 */
export function environmentName(property: string): string {
  const name = property.replaceAll('_', '__').replaceAll('-', '___').replaceAll('.', '_')
  return `KAFKA_${name.toUpperCase()}`
}

export interface ContainerPlan {
  name: string
  /** Names the cluster: its network, and a label of all that it made. */
  run: string
  version: KafkaVersion
  clusterId: string
  /** Ports that are the same inside and outside, outside on the loopback interface alone. */
  ports: readonly number[]
  properties: Properties
  heapFlags: readonly string[]
  jvmFlags: readonly string[]
}

/** The arguments of `docker` that start a container in the background. */
export function startContainer(plan: ContainerPlan): string[] {
  const environment = {
    CLUSTER_ID: plan.clusterId,
    KAFKA_HEAP_OPTS: plan.heapFlags.join(' '),
    ...(plan.jvmFlags.length > 0 && { KAFKA_JVM_PERFORMANCE_OPTS: plan.jvmFlags.join(' ') }),
    ...Object.fromEntries(
      Object.entries(plan.properties).map(([property, value]) => [environmentName(property), value]),
    ),
  }
  return [
    'run',
    '--detach',
    '--name',
    plan.name,
    '--hostname',
    plan.name,
    '--network',
    plan.run,
    ...label(plan.run),
    ...plan.ports.flatMap((port) => ['--publish', `127.0.0.1:${port}:${port}`]),
    ...Object.entries(environment).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    imageOf(plan.version),
  ]
}

export function createNetwork(run: string): string[] {
  return ['network', 'create', ...label(run), run]
}

/** A shell command that removes all that a run has made, whatever is there of it. */
export function removeRun(run: string): string[] {
  return [
    'sh',
    '-c',
    'ids=$(docker ps --all --quiet --filter "label=odradek=$1"); [ -z "$ids" ] || docker rm --force --volumes $ids; docker network rm "$1"',
    'sh',
    run,
  ]
}

/**
 * Runs a class in a container of its own beside the brokers. It reaches them by their names in the cluster's network, so
 * addresses of this machine in the arguments are replaced.
 */
export function runTool(
  run: string,
  version: KafkaVersion,
  insideAddresses: readonly (readonly [outside: string, inside: string])[],
  className: string,
  args: readonly string[],
): string[] {
  const inside = args.map((arg) => {
    let text = arg
    for (const [outside, address] of insideAddresses) text = text.replaceAll(outside, address)
    return text
  })
  return [
    'run',
    '--rm',
    '--interactive',
    '--network',
    run,
    ...label(run),
    '--entrypoint',
    RUN_CLASS,
    imageOf(version),
    className,
    ...inside,
  ]
}

function label(run: string): string[] {
  return ['--label', `odradek=${run}`]
}
