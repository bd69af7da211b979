import { appendFileSync } from 'node:fs'
import { type KafkaCluster, startKafka } from '../kafka/index.ts'

/** Starts a broker and writes its process id on a line of the file that `PIDS_FILE` names. */
export async function startAndTell(): Promise<KafkaCluster> {
  const kafka = await startKafka({ runIn: 'jvm' })
  appendFileSync(process.env.PIDS_FILE!, `${kafka.brokers[0].pid}\n`)
  return kafka
}
