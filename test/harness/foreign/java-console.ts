/** Java's client, through Kafka's console producer and consumer. They speak lines of text, so no field has a tab or a line end. */
import type { KafkaInUse } from '../use-kafka.ts'
import type { ForeignClient, PlainRecord } from './foreign-client.ts'

const NULL = '<null>'
const HEADERS_SEPARATOR = ';'
const NO_HEADERS = 'NO_HEADERS'
/** More than a test writes, and a wait that makes one batch of it. */
const ONE_BATCH = ['--batch-size', '1000000', '--timeout', '50']

export function javaConsole(kafka: KafkaInUse): ForeignClient {
  const server = ['--bootstrap-server', kafka.bootstrap.join(',')]
  return {
    name: 'Java',
    nullHeaderValues: true,
    async produce(topic, records, compression) {
      const args = [
        ...server,
        ...['--topic', topic, '--compression-codec', compression, ...ONE_BATCH],
        ...['--reader-property', 'parse.key=true', '--reader-property', 'parse.headers=true'],
        ...['--reader-property', `headers.separator=${HEADERS_SEPARATOR}`],
        ...['--reader-property', `null.marker=${NULL}`],
        ...['--command-property', 'acks=all', '--command-property', 'max.request.size=5000000'],
      ]
      const stdin = records.map((record) => `${writeLine(record)}\n`).join('')
      const outcome = await kafka.tool('org.apache.kafka.tools.ConsoleProducer', args, { stdin })
      // it reports records that failed on its log alone
      if (outcome.code !== 0 || outcome.stderr.includes('ERROR')) throw new Error(outcome.stderr)
    },
    async consume(topic, count) {
      const args = [
        ...server,
        ...['--topic', topic, '--partition', '0', '--offset', 'earliest', '--max-messages', String(count)],
        ...['--timeout-ms', '30000'],
        ...['--formatter-property', 'print.key=true', '--formatter-property', 'print.headers=true'],
        ...['--formatter-property', `headers.separator=${HEADERS_SEPARATOR}`],
        ...['--formatter-property', `null.literal=${NULL}`],
      ]
      const outcome = await kafka.tool('org.apache.kafka.tools.consumer.ConsoleConsumer', args)
      if (outcome.code !== 0) throw new Error(outcome.stderr)
      return outcome.stdout.split('\n').slice(0, -1).map(readLine)
    },
  }
}

function writeLine({ headers, key, value }: PlainRecord): string {
  const written = headers.map(([name, content]) => `${name}:${content ?? NULL}`).join(HEADERS_SEPARATOR)
  return [headers.length === 0 ? NULL : written, key ?? NULL, value ?? NULL].join('\t')
}

function readLine(line: string): PlainRecord {
  const [headers, key, value] = line.split('\t')
  return {
    key: orNull(key!),
    value: orNull(value!),
    headers: headers === NO_HEADERS ? [] : headers!.split(HEADERS_SEPARATOR).map(readHeader),
  }
}

function readHeader(header: string): [string, string | null] {
  const colon = header.indexOf(':')
  return [header.slice(0, colon), orNull(header.slice(colon + 1))]
}

function orNull(text: string): string | null {
  return text === NULL ? null : text
}
