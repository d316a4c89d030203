// Cuts what arrives on a connection into requests: four bytes of size, then so many bytes.

export class BadFrame extends Error {
  override readonly name = 'BadFrame'
}

/** The fields of a request header before the client id. */
const frameBytesMin = 10
const sizeBytes = 4

/** Memory is taken for what has arrived, never for what is announced. */
export async function* framesOf(chunks: AsyncIterable<Buffer>, frameBytesMax: number): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = []
  let pending = 0
  for await (const chunk of chunks) {
    pieces.push(chunk)
    pending += chunk.length
    while (pending >= sizeBytes) {
      if (pieces[0]!.length < sizeBytes) pieces = [Buffer.concat(pieces)]
      const frameBytes = pieces[0]!.readInt32BE(0)
      if (frameBytes < frameBytesMin || frameBytes > frameBytesMax) {
        throw new BadFrame(`It announced a request of ${frameBytes} bytes, and the limit is ${frameBytesMax}; is it a Kafka client?`)
      }
      if (pending < sizeBytes + frameBytes) break
      const bytes = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
      yield bytes.subarray(sizeBytes, sizeBytes + frameBytes)
      pieces = bytes.length === sizeBytes + frameBytes ? [] : [bytes.subarray(sizeBytes + frameBytes)]
      pending = bytes.length - sizeBytes - frameBytes
    }
  }
  if (pending > 0) throw new BadFrame(`It ended in the middle of a request, after ${pending} bytes.`)
}
