import { KAFKA_VERSION } from '../../tools/kafka-version.ts'
import { classpathOf } from '../harness/maven.ts'

/** The class path of kafka-clients of the pinned release with what it needs at run time, which is its codecs. */
export function kafkaClientsClasspath(): Promise<string> {
  return classpathOf(pom)
}

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>odradek</groupId>
  <artifactId>record-oracle</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka-clients</artifactId>
      <version>${KAFKA_VERSION}</version>
    </dependency>
  </dependencies>
</project>
`
