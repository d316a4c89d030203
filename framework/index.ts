// All that a topology file, a configuration or a plugin may import. No logic here.

// Bytes are Node's Buffers, so whoever reads these declarations needs Node's: a project has them by Millrace, whatever its own `types` are.
/// <reference types="node" preserve="true" />

export { type Config, defineConfig } from './config.ts'
export type { Aggregated, Aggregator, Aggregators } from './dsl/aggregators.ts'
export type { ApplyOptions, OperatorContext } from './dsl/apply.ts'
export { BranchedKStream } from './dsl/branched-kstream.ts'
export { type CalendarWindowOptions, calendar } from './dsl/calendar-windows.ts'
export type * from './dsl/callbacks.ts'
export { type Chosen, first, last, maxBy, minBy, type Ranked, topN } from './dsl/choosing-aggregators.ts'
export { CogroupedKStream } from './dsl/cogrouped-kstream.ts'
export { type CollectOptions, collect, type ReduceOptions, reduce } from './dsl/collecting-aggregators.ts'
export { type ApproxCountDistinctOptions, approxCountDistinct, countDistinct } from './dsl/count-distinct.ts'
export { CountWindowedKStream } from './dsl/count-windowed-kstream.ts'
export {
  type CountWindowOptions,
  type SlidingCountOptions,
  slidingCount,
  type TumblingCountOptions,
  tumblingCount,
} from './dsl/count-windows.ts'
export { type Duration, durationMs } from './dsl/duration.ts'
export { type EmitEvery, type EveryOptions, every } from './dsl/emit-every.ts'
export { GlobalKTable } from './dsl/global-ktable.ts'
export type { KeyedParts, KeyedProcess, KeyedProcessOptions, KeyedValueProcess } from './dsl/keyed-process.ts'
export { KGroupedStream } from './dsl/kgrouped-stream.ts'
export { KGroupedTable } from './dsl/kgrouped-table.ts'
export { KStream } from './dsl/kstream.ts'
export { KTable } from './dsl/ktable.ts'
export { count, max, mean, min, sum } from './dsl/number-aggregators.ts'
export type * from './dsl/options.ts'
export { type QuantileOptions, type QuantileState, quantile, quantiles } from './dsl/quantiles.ts'
export { SessionWindowedKStream } from './dsl/session-windowed-kstream.ts'
export {
  type AddedTo,
  aggregating,
  broadcast,
  list,
  type MapStateOptions,
  map,
  reducing,
  type SetStateOptions,
  type StateFaces,
  type StateOptions,
  type StateTypes,
  set,
  type ValueStateOptions,
  value,
} from './dsl/state-types.ts'
export type { GlobalStoreOptions, StreamsBuilder } from './dsl/streams-builder.ts'
export { TimeWindowedKStream } from './dsl/time-windowed-kstream.ts'
export { type TopologyDefinition, type TopologyOptions, topology } from './dsl/topology-definition.ts'
// With a star, because only then `declare module 'millrace'` adds to the interface itself.
export type * from './dsl/topology-topics.ts'
export { globalWindow, onCount, onEvery, onIdle, purging, type TriggerTimeOptions } from './dsl/triggers.ts'
export type { Late } from './dsl/window-aside.ts'
export type { WindowFunction, WindowOfElements } from './dsl/window-elements.ts'
export { CountWindowedCogroupedKStream, SessionWindowedCogroupedKStream, TimeWindowedCogroupedKStream } from './dsl/windowed-cogroups.ts'
export {
  type AlignedWindowOptions,
  type ClockWindowOptions,
  type Closes,
  type ClosingOptions,
  type HoppingWindowOptions,
  hopping,
  idle,
  type JoinWindowOptions,
  type SessionByOptions,
  session,
  sessionBy,
  sliding,
  type TimeWindowOptions,
  tumbling,
  type UnlimitedWindowOptions,
  unlimited,
  within,
} from './dsl/windows.ts'
export { type ErrorCode, type ErrorKind, isMillraceError, MillraceError } from './errors.ts'
export type { Budget, BudgetLimits } from './graph/cost/budget.ts'
export type * from './graph/error-handlers.ts'
export type { GraphCheck } from './graph/graph-check.ts'
export type {
  BroadcastState,
  FiredTimer,
  FoldedState,
  KeyedContext,
  KeyTimer,
  ListState,
  MapState,
  SetState,
  TimeDomain,
  ValueState,
} from './graph/keyed-state.ts'
export type * from './graph/manifest.ts'
export type { AsyncCall, EmitStrategy } from './graph/operator-spec.ts'
export type { Optimization } from './graph/optimize.ts'
export type * from './graph/processor.ts'
export type { Naming, Topology } from './graph/topology.ts'
export type { EmittedTopology, TopologyEmitter } from './graph/topology-emitter.ts'
export type {
  Calendar,
  Closing,
  CountWindow,
  GlobalWindow,
  JoinWindow,
  SessionWindow,
  SlidingWindow,
  TimeWindow,
  Trigger,
  TriggerDecision,
  TriggerEvent,
  UnlimitedWindow,
  Windowed,
  WindowTiming,
} from './graph/window-spec.ts'
export {
  type ArgumentValues,
  type CommandArguments,
  type CommandDefinition,
  type CommandFlags,
  defineCommand,
  type FlagValues,
} from './plugins/define-command.ts'
export { definePlugin } from './plugins/define-plugin.ts'
export type { BigIntAsString } from './ports/big-int-as-string.ts'
export type * from './ports/broker.ts'
export type * from './ports/check.ts'
export type * from './ports/clock.ts'
export { type Codec, codec } from './ports/codec.ts'
export type * from './ports/command.ts'
export type * from './ports/connector.ts'
export type * from './ports/emitter.ts'
export type * from './ports/health.ts'
export type * from './ports/logger.ts'
export { metricLabels, metricName } from './ports/metric-names.ts'
export type * from './ports/metrics.ts'
export type * from './ports/plugin.ts'
export type * from './ports/record.ts'
export { asOffset, asTimestamp, noHeaders } from './ports/record.ts'
export { Secret } from './ports/secret.ts'
export type * from './ports/serde.ts'
export type * from './ports/state-queries.ts'
export type * from './ports/store.ts'
export type * from './ports/type-description.ts'
export { codecIn, isOfVariant, resolvedShape, variantsOf } from './serdes/described-types.ts'
export { serdeFormats, serdeFromManifest } from './serdes/from-manifest.ts'
export * as serdes from './serdes/index.ts'
export { bytes, double, integer, type JsonOptions, json, long, sessionWindowed, string, timeWindowed } from './serdes/index.ts'
export { jsonLineOf } from './serdes/json-text.ts'
export { murmur2 } from './serdes/murmur2.ts'
export { OrderedKeys } from './state/ordered-keys.ts'
