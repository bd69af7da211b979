/** The release of Kafka whose message schemas, error codes and codec odradek follows. The one place to change it. */
export const KAFKA_VERSION = '4.3.1'
