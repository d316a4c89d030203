// Confluent's Schema Registry, on its own client, which has to be installed beside Millrace.

export { type JsonSchemaOptions, jsonSchema } from './json-schema.ts'
export type { RegistryAuth, SchemaRegistryOptions } from './options.ts'
export { type RegisteredOptions, type SchemaRegistry, schemaRegistry } from './schema-registry.ts'
export type { SubjectOf, SubjectStrategy } from './subjects.ts'
