/** The jars of each release of Kafka. */
import { classpathOf } from '../maven.ts'
import { type KafkaVersion, traitsOf } from './versions.ts'

/** The class path of a broker of that release, and, for the newest, of the console tools too. */
export function kafkaClasspath(version: KafkaVersion): Promise<string> {
  return classpathOf(kafkaPom(version))
}

/** Kafka's own POM leaves the logging library to those who package it, so each release gets the one that it is made for. */
export function kafkaPom(version: KafkaVersion): string {
  const { logging } = traitsOf(version)
  const dependencies = [
    ['org.apache.kafka', 'kafka_2.13', version],
    ...(logging === 'log4j2'
      ? [
          ['org.apache.kafka', 'kafka-tools', version],
          ['org.apache.logging.log4j', 'log4j-slf4j-impl', '2.25.4'],
        ]
      : [['org.slf4j', 'slf4j-reload4j', '1.7.36']]),
  ]
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>odradek.test</groupId>
  <artifactId>kafka</artifactId>
  <version>${version}</version>
  <packaging>pom</packaging>
  <dependencies>
${dependencies
  .map(
    ([group, artifact, release]) =>
      `    <dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${release}</version></dependency>`,
  )
  .join('\n')}
  </dependencies>
</project>
`
}
