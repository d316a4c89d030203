// What `@format` can say of a string. ajv-formats has the rules.

export const stringFormats = [
  'date-time',
  'date',
  'time',
  'duration',
  'email',
  'hostname',
  'ipv4',
  'ipv6',
  'json-pointer',
  'uri',
  'uri-reference',
  'uri-template',
  'uuid',
] as const
