// What a topic's settings mean for the logs of its partitions.

export interface LogSettings {
  readonly segmentBytes: number
  readonly segmentMs: number
  readonly maxMessageBytes: number
  /** -1: for ever. */
  readonly retentionMs: number
  /** -1: no limit. */
  readonly retentionBytes: number
  readonly compact: boolean
  readonly deletes: boolean
  /** How long tombstones outlive the compaction that met them first. */
  readonly deleteRetentionMs: number
  /** Compaction waits until this part of the sealed bytes is new. */
  readonly minCleanableDirtyRatio: number
  readonly appendTime: boolean
}
