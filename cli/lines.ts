// The lines of a stream of bytes, in groups as they arrive, so that a line costs no promise of its own. What is no UTF-8 is an error: it would not come out as
// it went in.

import { isUtf8 } from 'node:buffer'

/** A file without line ends should not fill the memory. */
const lineBytesMax = 64 << 20
const lineFeed = 0x0a

export interface Line {
  /** From 1. */
  readonly number: number
  readonly text: string
}

export class LineProblem extends Error {
  readonly line: number

  constructor(line: number, problem: string) {
    super(problem)
    this.line = line
  }
}

export async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<readonly Line[]> {
  let number = 0
  /** The begun line, which the next chunk goes on with. */
  let begun: Buffer[] = []
  let begunBytes = 0
  const finish = (last: Buffer): Line => {
    const bytes = begun.length === 0 ? last : Buffer.concat([...begun, last])
    begun = []
    begunBytes = 0
    number++
    if (!isUtf8(bytes)) throw new LineProblem(number, 'it is not UTF-8')
    return { number, text: bytes.toString('utf8') }
  }
  for await (const chunk of chunks) {
    const lines: Line[] = []
    let start = 0
    for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, start)) {
      lines.push(finish(chunk.subarray(start, end)))
      start = end + 1
    }
    begun.push(chunk.subarray(start))
    begunBytes += chunk.length - start
    if (begunBytes > lineBytesMax) throw new LineProblem(number + 1, `it is longer than ${lineBytesMax} bytes`)
    yield lines
  }
  if (begunBytes > 0) yield [finish(Buffer.alloc(0))]
}
