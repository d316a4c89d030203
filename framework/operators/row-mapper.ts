// What makes the values of a table's rows: a callback, or a transformer with a context and stores (Kafka Streams: KTableTransformValues; its value getters, too, have a
// transformer of their own).

import type { RowMapper } from '../graph/operator-spec.ts'
import type { ValueTransformer } from '../graph/processor.ts'
import { onRecord } from './callback.ts'
import { type Flow, Outlet } from './operator.ts'
import type { OperatorEnvironment } from './operator-environment.ts'
import { OperatorContext } from './process.ts'

export interface RunningMapper {
  map(record: Flow): unknown
  open?(): void
  close?(): void
}

export function runMapper(mapper: RowMapper, environment: OperatorEnvironment): RunningMapper {
  return typeof mapper === 'function' ? { map: onRecord(mapper) } : new TransformerRun(mapper, environment)
}

class TransformerRun implements RunningMapper {
  private readonly transformer: ValueTransformer<unknown, unknown, unknown>
  private readonly context: OperatorContext
  private opened = false

  constructor({ supplier, stores, node }: Exclude<RowMapper, (...args: never) => unknown>, environment: OperatorEnvironment) {
    this.transformer = supplier()
    this.context = new TransformerRunContext(node, new Outlet([], environment.failures), { stores, fixedKey: true }, environment)
  }

  open(): void {
    if (this.opened) return
    this.opened = true
    this.context.work(undefined, () => this.transformer.init?.(this.context))
  }

  map(record: Flow): unknown {
    // Whoever reads rows may do so before the operator itself is opened.
    this.open()
    let result: unknown
    this.context.work(record, () => {
      result = this.transformer.transform(record.value, record.key)
    })
    return result
  }

  close(): void {
    this.transformer.close?.()
  }
}

class TransformerRunContext extends OperatorContext {
  override forward(): never {
    throw new Error('a transformer forwards nothing: what it returns goes on')
  }
}
