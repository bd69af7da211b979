/** What a JVM of the harness writes to its log file, or to the standard error of a tool. */
import type { VersionTraits } from './versions.ts'

/** `INFO` for a broker under test; `WARN` for tools and for brokers that are measured. */
export type LogLevel = 'INFO' | 'WARN'

const PATTERN = '[%d] %p %m (%c)%n'

/** The text of a configuration file that sends everything to `stream`. */
export function loggingConfig(
  logging: VersionTraits['logging'],
  level: LogLevel,
  stream: 'out' | 'err',
): string {
  const target = `SYSTEM_${stream.toUpperCase()}`
  if (logging === 'log4j2') {
    return [
      'appender.console.type=Console',
      'appender.console.name=console',
      `appender.console.target=${target}`,
      'appender.console.layout.type=PatternLayout',
      `appender.console.layout.pattern=${PATTERN}`,
      `rootLogger.level=${level}`,
      'rootLogger.appenderRef.console.ref=console',
      '',
    ].join('\n')
  }
  return [
    `log4j.rootLogger=${level}, console`,
    'log4j.appender.console=org.apache.log4j.ConsoleAppender',
    `log4j.appender.console.Target=System.${stream}`,
    'log4j.appender.console.layout=org.apache.log4j.PatternLayout',
    `log4j.appender.console.layout.ConversionPattern=${PATTERN}`,
    '',
  ].join('\n')
}

/** The JVM flag that names such a file. */
export function loggingFlag(logging: VersionTraits['logging'], path: string): string {
  return logging === 'log4j2' ? `-Dlog4j2.configurationFile=${path}` : `-Dlog4j.configuration=file:${path}`
}
