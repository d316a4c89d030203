// Keys of windowed results, as bytes in the form of a topic: a result that goes straight to a sink is written without its key being read. Many keys share a
// piece of memory, for a Buffer costs more than what is in it; it is free when the last of their records is.

import type { Serde } from '../ports/serde.ts'
import type { BinaryKey } from '../state/contract.ts'
import { Cell } from './flow-record.ts'

const memoryBytes = 16 * 1024
const timeBytes = 8
const two32 = 0x1_0000_0000

export class WindowedKeys {
  private readonly serde: Serde<unknown>
  private memory = Buffer.alloc(0)
  private end = 0

  /** The serde of the windowed key: the bytes of the key, then the start as a long. */
  constructor(serde: Serde<unknown>) {
    this.serde = serde
  }

  cell(key: BinaryKey, windowStart: number): Cell<unknown> {
    const size = key.length + timeBytes
    if (this.end + size > this.memory.length) {
      this.memory = Buffer.allocUnsafeSlow(Math.max(size, memoryBytes))
      this.end = 0
    }
    const { memory, end } = this
    memory.latin1Write(key, end)
    const high = Math.floor(windowStart / two32)
    memory.writeInt32BE(high, end + key.length)
    memory.writeUInt32BE(windowStart - high * two32, end + key.length + 4)
    this.end += size
    return Cell.ofBytes(memory, end, this.end, this.serde)
  }
}
