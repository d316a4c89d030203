// The operators of streams that keep no state. Each is a few lines: what it does to a record, and to whom it sends it.

import type { Callback, OperatorSpec } from '../graph/operator-spec.ts'
import { nullIfUndefined, onRecord } from './callback.ts'
import type { Flow, Operator, Outlet } from './operator.ts'
import { jsonLine, type LinesOf, pairText, tableRows } from './printed-lines.ts'

/** What every operator has. */
abstract class StreamOperator implements Operator {
  readonly name: string
  protected readonly outlet: Outlet

  constructor(name: string, outlet: Outlet) {
    this.name = name
    this.outlet = outlet
  }

  abstract process(record: Flow): void
}

/** Merge, the end of a branch, and wherever the graph needs a node that changes nothing. */
export class Pass extends StreamOperator {
  override process(record: Flow): void {
    this.outlet.forward(record)
  }
}

export class Filter extends StreamOperator {
  private readonly predicate: (record: Flow) => boolean
  private readonly keeps: boolean

  constructor(name: string, outlet: Outlet, predicate: Callback<boolean>, negate: boolean) {
    super(name, outlet)
    this.predicate = onRecord(predicate)
    this.keeps = !negate
  }

  override process(record: Flow): void {
    // Boolean(): JavaScript callers may give any truthy value.
    if (Boolean(this.predicate(record)) === this.keeps) this.outlet.forward(record)
  }
}

export class MapPairs extends StreamOperator {
  private readonly mapper: (record: Flow) => readonly [unknown, unknown]

  constructor(name: string, outlet: Outlet, mapper: Callback<readonly [unknown, unknown]>) {
    super(name, outlet)
    this.mapper = onRecord(mapper)
  }

  override process(record: Flow): void {
    // Variables, because the engine's message names them where the result is no pair.
    const pair = this.mapper(record)
    const [key, value] = pair
    this.outlet.forward(record.withPair(nullIfUndefined(key), nullIfUndefined(value)))
  }
}

export class MapValues extends StreamOperator {
  private readonly mapper: (record: Flow) => unknown

  constructor(name: string, outlet: Outlet, mapper: Callback<unknown>) {
    super(name, outlet)
    this.mapper = onRecord(mapper)
  }

  override process(record: Flow): void {
    this.outlet.forward(record.withValue(nullIfUndefined(this.mapper(record))))
  }
}

export class SelectKey extends StreamOperator {
  private readonly selector: (record: Flow) => unknown

  constructor(name: string, outlet: Outlet, selector: Callback<unknown>) {
    super(name, outlet)
    this.selector = onRecord(selector)
  }

  override process(record: Flow): void {
    this.outlet.forward(record.withKey(nullIfUndefined(this.selector(record))))
  }
}

export class FlatMapPairs extends StreamOperator {
  private readonly mapper: (record: Flow) => Iterable<readonly [unknown, unknown]>

  constructor(name: string, outlet: Outlet, mapper: Callback<Iterable<readonly [unknown, unknown]>>) {
    super(name, outlet)
    this.mapper = onRecord(mapper)
  }

  override process(record: Flow): void {
    const pairs = this.mapper(record)
    for (const [key, value] of pairs) this.outlet.forward(record.withPair(nullIfUndefined(key), nullIfUndefined(value)))
  }
}

export class FlatMapValues extends StreamOperator {
  private readonly mapper: (record: Flow) => Iterable<unknown>

  constructor(name: string, outlet: Outlet, mapper: Callback<Iterable<unknown>>) {
    super(name, outlet)
    this.mapper = onRecord(mapper)
  }

  override process(record: Flow): void {
    const values = this.mapper(record)
    for (const value of values) this.outlet.forward(record.withValue(nullIfUndefined(value)))
  }
}

export class Peek extends StreamOperator {
  private readonly action: (record: Flow) => void

  constructor(name: string, outlet: Outlet, action: Callback<void>) {
    super(name, outlet)
    this.action = onRecord(action)
  }

  override process(record: Flow): void {
    this.action(record)
    this.outlet.forward(record)
  }
}

/** Sends a record to the first branch whose predicate holds; the default branch has none. */
export class Branch extends StreamOperator {
  private readonly branches: readonly { readonly predicate: ((record: Flow) => boolean) | null; readonly child: Operator }[]

  constructor(name: string, outlet: Outlet, branches: readonly { readonly child: string; readonly predicate: Callback<boolean> | null }[]) {
    super(name, outlet)
    this.branches = branches.map(({ child, predicate }) => ({
      predicate: predicate === null ? null : onRecord(predicate),
      child: outlet.child(child) as Operator,
    }))
  }

  override process(record: Flow): void {
    for (const { predicate, child } of this.branches) {
      if (predicate !== null && !predicate(record)) continue
      this.outlet.forwardTo(child, record)
      return
    }
  }
}

/** Writes lines of text for each record. */
export class Print extends StreamOperator {
  private readonly label: string | undefined
  private readonly linesOf: LinesOf
  private readonly print: (line: string) => void

  constructor(
    name: string,
    outlet: Outlet,
    { label, format = pairText, as }: Extract<OperatorSpec, { readonly kind: 'print' }>,
    print: (line: string) => void,
  ) {
    super(name, outlet)
    this.label = label
    this.print = print
    if (as === undefined) this.linesOf = ({ value, key }) => [format(value, key)]
    else this.linesOf = as === 'json' ? jsonLine : tableRows()
  }

  override process(record: Flow): void {
    for (const line of this.linesOf(record)) this.print(this.label === undefined ? line : `[${this.label}]: ${line}`)
    this.outlet.forward(record)
  }
}
