// Records up to an end: what was fetched beyond it is not seen, and reading goes on at the end.

import type { Headers, RecordReader } from '../ports/record.ts'

export class BoundedReader implements RecordReader {
  private readonly inner: RecordReader
  private readonly end: number
  private ended = false

  constructor(inner: RecordReader, end: number) {
    this.inner = inner
    this.end = end
  }

  get bytes(): Buffer {
    return this.inner.bytes
  }

  get offset(): number {
    return this.inner.offset
  }

  get timestamp(): number {
    return this.inner.timestamp
  }

  get keyStart(): number {
    return this.inner.keyStart
  }

  get keyEnd(): number {
    return this.inner.keyEnd
  }

  get valueStart(): number {
    return this.inner.valueStart
  }

  get valueEnd(): number {
    return this.inner.valueEnd
  }

  get nextOffset(): number {
    return this.ended ? this.end : Math.min(this.inner.nextOffset, this.end)
  }

  next(): boolean {
    if (!this.ended && this.inner.next()) {
      if (this.inner.offset < this.end) return true
      this.ended = true
    }
    return false
  }

  headers(): Headers {
    return this.inner.headers()
  }
}
