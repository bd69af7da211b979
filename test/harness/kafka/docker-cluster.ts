/** A cluster of containers, from the image apache/kafka. */
import { mkdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { run, runOrFail } from '../run.ts'
import {
  CONTROLLER_PORT,
  type ContainerPlan,
  createNetwork,
  DATA_FOLDER,
  INTERNAL_PORT,
  removeRun,
} from './docker.ts'
import { DockerNode } from './docker-node.ts'
import { CLIENT_LISTENER, CLUSTER_ID } from './jvm-cluster.ts'
import { clusterLayout, isVoter, type NodeRole, processRoles } from './layout.ts'
import type { ClusterParts } from './node.ts'
import type { KafkaOptions, Properties } from './options.ts'
import { freePorts, LOOPBACK } from './ports.ts'
import { type Address, hostAndPort } from './raw-request.ts'
import { makeRunFolder } from './run-folder.ts'
import { brokerConfig, CONTROLLER_LISTENER, kraftConfig, type Listener } from './server-config.ts'
import type { DockerTools } from './tools.ts'
import { type KafkaVersion, traitsOf } from './versions.ts'
import { Watchdog } from './watchdog.ts'

/** Between containers, which reach each other by name. */
const INTERNAL_LISTENER = 'INTERNAL'

type DockerOptions = KafkaOptions & { version: KafkaVersion }

/** Prepares the nodes and their network; no container runs yet. */
export async function dockerCluster(options: DockerOptions): Promise<ClusterParts & { tools: DockerTools }> {
  if ((options.formatArgs ?? []).length > 0) {
    throw new Error("formatArgs need runIn: 'jvm': the image formats the storage by itself")
  }
  if ((options.classFolders ?? []).length > 0) throw new Error("classFolders need runIn: 'jvm'")
  const folder = makeRunFolder()
  const runName = `odradek-${basename(folder)}`
  await runOrFail('docker', createNetwork(runName))
  const watchdog = new Watchdog(removeRun(runName))
  const plans = await planContainers(options, folder, runName)
  const nodes = plans.map(({ node, listeners, container }) => {
    const nodeFolder = join(folder, `${node.role}-${node.id}`)
    mkdirSync(nodeFolder)
    const logFile = join(nodeFolder, 'server.log')
    return new DockerNode({ id: node.id, role: node.role, listeners, logFile, plan: container })
  })
  const insideAddresses = plans
    .filter(({ node }) => node.role === 'broker')
    .map(({ listeners, container }): [string, string] => {
      return [hostAndPort(listeners[CLIENT_LISTENER]), `${container.name}:${INTERNAL_PORT}`]
    })
  return {
    nodes,
    folder,
    tools: { runIn: 'docker', run: runName, version: options.version, insideAddresses },
    async close() {
      const [command, ...args] = removeRun(runName)
      await run(command!, args)
      watchdog.dismiss()
    },
  }
}

interface PlannedContainer {
  node: NodeRole
  listeners: Record<string, Address>
  container: ContainerPlan
}

async function planContainers(
  options: DockerOptions,
  folder: string,
  runName: string,
): Promise<PlannedContainer[]> {
  const roles = clusterLayout(options, traitsOf(options.version))
  const names = [CLIENT_LISTENER, ...Object.keys(options.listeners ?? {})]
  const ports = await freePorts(roles.length * names.length)
  return roles.map((node) => {
    const listeners = Object.fromEntries(
      (node.role === 'broker' ? names : []).map((name) => [name, { host: LOOPBACK, port: ports.pop()! }]),
    )
    return { node, listeners, container: containerPlan(node, listeners, roles, options, folder, runName) }
  })
}

/** Pure: what one container is told. */
export function containerPlan(
  node: NodeRole,
  listeners: Record<string, Address>,
  roles: readonly NodeRole[],
  options: DockerOptions,
  folder: string,
  runName: string,
): ContainerPlan {
  const { version, brokers = 1, configs = {}, jvmFlags = [], purpose = 'test' } = options
  const name = containerName(runName, node.id)
  const properties: Properties = {
    ...kraftConfig({
      id: node.id,
      roles: processRoles(node),
      voters: roles.filter(isVoter).map(({ id }) => `${id}@${containerName(runName, id)}:${CONTROLLER_PORT}`),
      listeners: containerListeners(node, name, listeners, options),
      interBroker: INTERNAL_LISTENER,
      logDir: DATA_FOLDER,
    }),
    ...brokerConfig(traitsOf(version), brokers),
    ...(typeof configs === 'function' ? configs({ id: node.id, folder, listeners }) : configs),
  }
  return {
    name,
    run: runName,
    version,
    clusterId: CLUSTER_ID,
    ports: Object.values(listeners).map(({ port }) => port),
    properties,
    heapFlags: purpose === 'bench' ? ['-Xms1g', '-Xmx1g'] : ['-Xmx400m'],
    jvmFlags,
  }
}

function containerName(runName: string, id: number): string {
  return `${runName}-${id}`
}

function containerListeners(
  node: NodeRole,
  name: string,
  listeners: Record<string, Address>,
  options: DockerOptions,
): Listener[] {
  const ofClients = Object.entries(listeners).map(([listener, address]) => ({
    name: listener,
    protocol: options.listeners?.[listener] ?? 'PLAINTEXT',
    bind: `:${address.port}`,
    advertised: hostAndPort(address),
  }))
  const internal = {
    name: INTERNAL_LISTENER,
    protocol: 'PLAINTEXT',
    bind: `:${INTERNAL_PORT}`,
    advertised: `${name}:${INTERNAL_PORT}`,
  }
  const controller = { name: CONTROLLER_LISTENER, protocol: 'PLAINTEXT', bind: `:${CONTROLLER_PORT}` }
  return [...(node.role === 'broker' ? [...ofClients, internal] : []), ...(isVoter(node) ? [controller] : [])]
}
