// The functions that users write. Value first, then key, then the record: the convention of Map.forEach. All of them are synchronous and should depend on
// their arguments alone.

import type { StreamRecord } from '../ports/record.ts'

export type Predicate<K, V> = (value: V, key: K, record: StreamRecord<K, V>) => boolean
export type TypePredicate<K, V, S extends V> = (value: V, key: K, record: StreamRecord<K, V>) => value is S
export type Mapper<K, V, R> = (value: V, key: K, record: StreamRecord<K, V>) => R
export type Joiner<K, Left, Right, R> = (left: Left, right: Right, key: K) => R
/** The key of another table to which a row belongs; null: to none. */
export type ForeignKey<K, V, KO> = (value: V, key: K) => KO | null
/** A record's timestamp; `partitionTimeMs` is the highest so far of its partition, -1 before the first. Less than 0 it is no timestamp: see `onInvalidTimestamp`. */
export type TimestampOf<K, V> = (record: StreamRecord<K, V>, partitionTimeMs: number) => number
/**
 * What a partitioner gives: a partition, from 0 on; several, for one copy to each; an empty list for none, so that the record is dropped and counted;
 * undefined for the one that Java's producer would choose by the key (Kafka Streams: StreamPartitioner, KIP-837).
 */
export type Partitions = number | readonly number[] | undefined
export type Adder<K, V, A> = (aggregate: A, value: V, key: K) => A
/** Makes one aggregate of those of two sessions of a key that have grown together; the left one is the earlier. */
export type Merger<K, A> = (left: A, right: A, key: K) => A
export type Reducer<K, V> = (aggregate: V, value: V, key: K) => V
