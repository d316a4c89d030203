// The codecs of record batches, by their number in the attributes. Unpacking is synchronous, one batch at a time; a batch is about a megabyte at most.
// snappy comes as one block or, from Java clients, in the frame of xerial's library.

import { gunzipSync, gzipSync } from 'node:zlib'
import { decompress as unzstd } from 'fzstd'
import snappy from 'snappyjs'
import { MillraceError } from '../../../framework/index.ts'
import { lz4Frame, readLz4Frame } from './lz4.ts'

/** What the producer writes; all codecs are read. */
export type Compression = 'none' | 'gzip' | 'lz4'

/** Far above max.message.bytes of any sane topic: a batch that unpacks to more is an attack or an accident. */
const unpackedBytesMax = 512 * 1024 * 1024

const codecs: Readonly<Record<Compression, number>> = { none: 0, gzip: 1, lz4: 3 }

export function codecOf(compression: Compression): number {
  return codecs[compression]
}

export function compress(compression: Compression, bytes: Buffer): Buffer {
  if (compression === 'gzip') return gzipSync(bytes)
  return compression === 'lz4' ? lz4Frame(bytes) : bytes
}

export function decompress(codec: number, bytes: Buffer): Buffer {
  try {
    if (codec === 1) return gunzipSync(bytes, { maxOutputLength: unpackedBytesMax })
    if (codec === 2) return unsnappy(bytes)
    if (codec === 3) return readLz4Frame(bytes, unpackedBytesMax)
    if (codec === 4) return asBuffer(unzstd(bytes))
  } catch (error) {
    throw new MillraceError('record-corrupt', { problem: `codec ${codec}: ${error instanceof Error ? error.message : error}` }, error)
  }
  throw new MillraceError('record-corrupt', { problem: `there is no codec ${codec}` })
}

const xerialMagic = Buffer.from([0x82, ...Buffer.from('SNAPPY'), 0])
/** The magic and two versions. */
const xerialHeaderBytes = 16

function unsnappy(bytes: Buffer): Buffer {
  if (bytes.length < xerialHeaderBytes || xerialMagic.compare(bytes, 0, xerialMagic.length) !== 0) return snappyBlock(bytes)
  const blocks: Buffer[] = []
  for (let at = xerialHeaderBytes; at + 4 <= bytes.length; ) {
    const sizeBytes = bytes.readInt32BE(at)
    at += 4
    blocks.push(snappyBlock(bytes.subarray(at, at + sizeBytes)))
    at += sizeBytes
  }
  return blocks.length === 1 ? blocks[0]! : Buffer.concat(blocks)
}

function snappyBlock(bytes: Buffer): Buffer {
  return snappy.uncompress(bytes, unpackedBytesMax)
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}
