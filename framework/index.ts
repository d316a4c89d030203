// All that a topology file, a configuration or a plugin may import. No logic here.

export { type ErrorCode, type ErrorKind, isMillraceError, MillraceError } from './errors.ts'
export type * from './graph/processor.ts'
export type { Windowed } from './graph/window-spec.ts'
export type * from './ports/broker.ts'
export type * from './ports/clock.ts'
export type * from './ports/logger.ts'
export type * from './ports/metrics.ts'
export type * from './ports/plugin.ts'
export type * from './ports/record.ts'
export { asOffset, asTimestamp, noHeaders } from './ports/record.ts'
export type * from './ports/serde.ts'
export type * from './ports/store.ts'
