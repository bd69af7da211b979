/** A cluster of JVMs: ports, folders, configuration files, formatted storage, command lines. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runOrFail } from '../run.ts'
import { jvmArguments } from './jvm.ts'
import { JvmNode } from './jvm-node.ts'
import { clusterLayout, isVoter, type NodeRole, processRoles } from './layout.ts'
import type { ClusterParts } from './node.ts'
import type { KafkaOptions, Properties } from './options.ts'
import { freePorts, LOOPBACK } from './ports.ts'
import { type Address, hostAndPort } from './raw-request.ts'
import { makeRunFolder, removeData } from './run-folder.ts'
import {
  brokerConfig,
  CONTROLLER_LISTENER,
  kraftConfig,
  type Listener,
  propertiesText,
  ZOOKEEPER_REGISTRATION_MS,
  zookeeperBrokerConfig,
  zookeeperConfig,
} from './server-config.ts'
import { type KafkaVersion, traitsOf } from './versions.ts'

/** The one listener that every broker has: for clients, and between brokers. */
export const CLIENT_LISTENER = 'PLAINTEXT'
/** Any 16 bytes in base64url; clusters of the harness never meet. */
export const CLUSTER_ID = 'b2RyYWRlay1oYXJuZXNzMQ'

interface PlannedNode extends NodeRole {
  folder: string
  /** Where it listens as a controller or as ZooKeeper. */
  metadata: Address
  listeners: Record<string, Address>
}

/** Prepares the nodes; nothing runs yet. `archive` shortens the start of every JVM, see class-archive.ts. */
export async function jvmCluster(
  options: KafkaOptions & { version: KafkaVersion },
  archive?: string,
): Promise<ClusterParts> {
  const { version, purpose = 'test', jvmFlags = [], classFolders = [] } = options
  const folder = makeRunFolder()
  const plan = await planNodes(options, folder)
  const level = purpose === 'bench' ? 'WARN' : 'INFO'
  const java = await jvmArguments({
    version,
    purpose,
    level,
    stream: 'out',
    archive,
    flags: jvmFlags,
    classFolders,
  })
  const small = await jvmArguments({ version, purpose: 'test', level: 'WARN', stream: 'err', archive })
  const nodes = await Promise.all(
    plan.map(async (node) => {
      const configFile = join(node.folder, 'server.properties')
      writeFileSync(configFile, propertiesText(nodeConfig(node, plan, options)))
      if (!traitsOf(version).zookeeper) await format(small, configFile, options.formatArgs)
      const command =
        node.role === 'zookeeper'
          ? [...small, 'org.apache.zookeeper.server.quorum.QuorumPeerMain', configFile]
          : [...java, 'kafka.Kafka', configFile]
      const logFile = join(node.folder, 'server.log')
      return new JvmNode({
        id: node.id,
        role: node.role,
        listeners: node.role === 'zookeeper' ? { ZOOKEEPER: node.metadata } : node.listeners,
        logFile,
        args: command,
        ...(traitsOf(version).zookeeper && { registrationMs: ZOOKEEPER_REGISTRATION_MS }),
      })
    }),
  )
  return {
    nodes,
    folder,
    async close() {
      await Promise.all(nodes.map((node) => node.kill()))
      removeData(folder)
    },
  }
}

async function planNodes(
  options: KafkaOptions & { version: KafkaVersion },
  folder: string,
): Promise<PlannedNode[]> {
  const roles = clusterLayout(options, traitsOf(options.version))
  const names = [CLIENT_LISTENER, ...Object.keys(options.listeners ?? {})]
  const ports = await freePorts(roles.length * (1 + names.length))
  return roles.map((node) => {
    const nodeFolder = join(folder, `${node.role}-${node.id}`)
    mkdirSync(nodeFolder)
    const address = () => ({ host: LOOPBACK, port: ports.pop()! })
    const listeners = node.role === 'broker' ? names : []
    return {
      ...node,
      folder: nodeFolder,
      metadata: address(),
      listeners: Object.fromEntries(listeners.map((name) => [name, address()])),
    }
  })
}

function nodeConfig(
  node: PlannedNode,
  plan: readonly PlannedNode[],
  options: KafkaOptions & { version: KafkaVersion },
): Properties {
  const { brokers = 1, configs = {} } = options
  const traits = traitsOf(options.version)
  const logDir = join(node.folder, 'data')
  if (node.role === 'zookeeper') return zookeeperConfig(node.metadata, logDir)
  const { id } = node
  const identity = { id, listeners: listenersOf(node, options), interBroker: CLIENT_LISTENER, logDir }
  const zookeeper = plan.find(({ role }) => role === 'zookeeper')
  return {
    ...(zookeeper === undefined
      ? kraftConfig({ ...identity, roles: processRoles(node), voters: votersOf(plan) })
      : zookeeperBrokerConfig({ ...identity, zookeeper: hostAndPort(zookeeper.metadata) })),
    ...brokerConfig(traits, brokers),
    ...(typeof configs === 'function' ? configs(node) : configs),
  }
}

function listenersOf(node: PlannedNode, options: KafkaOptions): Listener[] {
  const ofClients = Object.entries(node.listeners).map(([name, address]) => ({
    name,
    protocol: options.listeners?.[name] ?? 'PLAINTEXT',
    bind: hostAndPort(address),
    advertised: hostAndPort(address),
  }))
  if (!isVoter(node)) return ofClients
  const bind = hostAndPort(node.metadata)
  return [...ofClients, { name: CONTROLLER_LISTENER, protocol: 'PLAINTEXT', bind }]
}

function votersOf(plan: readonly PlannedNode[]): string[] {
  return plan.filter(isVoter).map(({ id, metadata }) => `${id}@${hostAndPort(metadata)}`)
}

async function format(java: readonly string[], configFile: string, formatArgs: readonly string[] = []) {
  await runOrFail('java', [
    ...java,
    'kafka.tools.StorageTool',
    'format',
    '-t',
    CLUSTER_ID,
    '-c',
    configFile,
    ...formatArgs,
  ])
}
