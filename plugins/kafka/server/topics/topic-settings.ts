// The settings of a topic, with Kafka's names. Those without an effect here (replication, flushing, tiers) are accepted and shown, so that tools
// and applications that set them go on working.
//
// Defaults are Apache Kafka's but for two: nothing is deleted by time unless somebody asks for it, and segments are small, because compaction
// and recovery after a crash are counted in segments.

import type { LogSettings } from '../log/log-settings.ts'

export type SettingType = 'boolean' | 'string' | 'int' | 'long' | 'double' | 'list'

interface SettingDefinition {
  readonly type: SettingType
  readonly fallback: string
  readonly min?: number
  readonly max?: number
  readonly choices?: readonly string[]
}

const longMax = '9223372036854775807'
const intMax = 2_147_483_647

const definitions: Readonly<Record<string, SettingDefinition>> = {
  'cleanup.policy': { type: 'list', fallback: 'delete', choices: ['compact', 'delete'] },
  'compression.type': { type: 'string', fallback: 'producer', choices: ['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'] },
  'delete.retention.ms': { type: 'long', fallback: '86400000', min: 0 },
  'file.delete.delay.ms': { type: 'long', fallback: '60000', min: 0 },
  'flush.messages': { type: 'long', fallback: longMax, min: 1 },
  'flush.ms': { type: 'long', fallback: longMax, min: 0 },
  'follower.replication.throttled.replicas': { type: 'list', fallback: '' },
  'index.interval.bytes': { type: 'int', fallback: '4096', min: 0, max: intMax },
  'leader.replication.throttled.replicas': { type: 'list', fallback: '' },
  'max.compaction.lag.ms': { type: 'long', fallback: longMax, min: 1 },
  'max.message.bytes': { type: 'int', fallback: '1048588', min: 0, max: intMax },
  'message.timestamp.after.max.ms': { type: 'long', fallback: longMax, min: 0 },
  'message.timestamp.before.max.ms': { type: 'long', fallback: longMax, min: 0 },
  'message.timestamp.type': { type: 'string', fallback: 'CreateTime', choices: ['CreateTime', 'LogAppendTime'] },
  'min.cleanable.dirty.ratio': { type: 'double', fallback: '0.5', min: 0, max: 1 },
  'min.compaction.lag.ms': { type: 'long', fallback: '0', min: 0 },
  'min.insync.replicas': { type: 'int', fallback: '1', min: 1, max: intMax },
  preallocate: { type: 'boolean', fallback: 'false' },
  'retention.bytes': { type: 'long', fallback: '-1', min: -1 },
  'retention.ms': { type: 'long', fallback: '-1', min: -1 },
  'segment.bytes': { type: 'int', fallback: '67108864', min: 14, max: intMax },
  'segment.index.bytes': { type: 'int', fallback: '10485760', min: 4, max: intMax },
  'segment.jitter.ms': { type: 'long', fallback: '0', min: 0 },
  'segment.ms': { type: 'long', fallback: '604800000', min: 1 },
  'unclean.leader.election.enable': { type: 'boolean', fallback: 'false' },
}

export interface TopicSetting {
  readonly name: string
  readonly value: string
  readonly type: SettingType
  readonly fallback: string
  /** Whether somebody set it for this topic. */
  readonly isSet: boolean
}

/** All settings of a topic, those that nobody set included, by name. */
export function topicSettings(set: ReadonlyMap<string, string>): readonly TopicSetting[] {
  return Object.entries(definitions).map(([name, { type, fallback }]) => {
    return { name, value: set.get(name) ?? fallback, type, fallback, isSet: set.has(name) }
  })
}

/** Empty for a setting that there is not. */
export function settingFallback(name: string): string {
  return definitions[name]?.fallback ?? ''
}

/** What is wrong with a setting; undefined if nothing is. */
export function settingProblem(name: string, value: string | null): string | undefined {
  const definition = definitions[name]
  if (definition === undefined) return `Unknown topic config name: ${name}`
  if (value === null) return `Null value not supported for topic configs: ${name}`
  const invalid = (why: string): string => `Invalid value ${value} for configuration ${name}: ${why}`
  switch (definition.type) {
    case 'boolean':
      return value === 'true' || value === 'false' ? undefined : invalid('Expected value to be either true or false')
    case 'string':
    case 'list': {
      if (definition.choices === undefined) return undefined
      const parts = definition.type === 'list' ? value.split(',').map((part) => part.trim()) : [value]
      return parts.every((part) => definition.choices!.includes(part))
        ? undefined
        : invalid(`String must be one of: ${definition.choices.join(', ')}`)
    }
    default: {
      const number = value.trim() === '' ? Number.NaN : Number(value)
      const isWhole = definition.type === 'double' || /^[+-]?\d+$/.test(value.trim())
      if (!Number.isFinite(number) || !isWhole) return invalid(`Not a number of type ${definition.type.toUpperCase()}`)
      if (number < (definition.min ?? Number.NEGATIVE_INFINITY)) return invalid(`Value must be at least ${definition.min}`)
      if (number > (definition.max ?? Number(longMax))) return invalid(`Value must be no more than ${definition.max}`)
      return undefined
    }
  }
}

export function logSettings(set: ReadonlyMap<string, string>): LogSettings {
  const text = (name: string): string => set.get(name) ?? definitions[name]!.fallback
  const policies = text('cleanup.policy')
    .split(',')
    .map((policy) => policy.trim())
  return {
    segmentBytes: Number(text('segment.bytes')),
    segmentMs: Number(text('segment.ms')),
    maxMessageBytes: Number(text('max.message.bytes')),
    retentionMs: Number(text('retention.ms')),
    retentionBytes: Number(text('retention.bytes')),
    compact: policies.includes('compact'),
    deletes: policies.includes('delete'),
    deleteRetentionMs: Number(text('delete.retention.ms')),
    minCleanableDirtyRatio: Number(text('min.cleanable.dirty.ratio')),
    appendTime: text('message.timestamp.type') === 'LogAppendTime',
  }
}
