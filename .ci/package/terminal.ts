/** What somebody does who starts the broker from a terminal: `node terminal.js PATH_OF_ODRADEK`. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { Kafka } from 'odradek'

const program = process.argv[2]
const flags = ['broker', '--port', '0', '--brokers', '3', '--topic', 'orders:3']
const child = spawn(process.execPath, [program, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] })
const exited = once(child, 'exit')
const [line]: string[] = await once(createInterface(child.stdout), 'line')
const brokers = line.split(' ').at(-1)!.split(',')
const kafka = new Kafka({ brokers })
const producer = kafka.producer()
const { topic } = await producer.send({ topic: 'orders', key: 'u7', value: 'hello' })
await producer.close()
await kafka.close()
child.kill('SIGINT')
const [code] = await exited

const found = `${brokers.length} brokers, sent to ${topic}, ended with ${code}`
console.log(`Node ${process.versions.node}, from a terminal: ${found}`)
if (found !== '3 brokers, sent to orders, ended with 0') process.exitCode = 1
