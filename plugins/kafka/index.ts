// The Kafka plugin: the client, for Apache Kafka and for the embedded broker.

export { type KafkaOptions, kafka } from './plugin.ts'
