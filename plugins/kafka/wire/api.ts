// One API of the Kafka protocol: its number, the versions that its schemas describe, and both messages. Here a message becomes a frame and a
// frame a message, for either side:
//
//   client   requestFrame(heartbeat, 4, correlationId, clientId, { … })      →  socket
//            socket → readResponseHeader(frame) → readResponse(heartbeat, 4, reader)
//   server   socket → readRequestHeader(frame) → the dispatch table → readRequest(api, header)
//            responseFrame(api, header.apiVersion, header.correlationId, { … })  →  socket
//
// A frame that is written has its four bytes of size in front; a frame that is read has not. `requestPieces` is the frame without a copy of its records.

import type { Format, Input, Value, WireType } from './schema.ts'
import { WireReader } from './wire-reader.ts'
import { WireWriter } from './wire-writer.ts'

export interface Api {
  readonly key: number
  readonly name: string
  readonly versionMin: number
  readonly versionMax: number
  /** The first flexible version, with compact types and tagged fields in header and body. */
  readonly flexibleFrom: number
}

export interface ApiRequest<In, Out> extends Api {
  readonly request: WireType<In, Out>
}

export interface ApiResponse<In, Out> extends Api {
  readonly response: WireType<In, Out>
}

export interface RequestHeader {
  readonly apiKey: number
  readonly apiVersion: number
  readonly correlationId: number
  readonly clientId: string | null
  /** Stands behind the client id, before the header's tagged fields if the version has them. */
  readonly rest: WireReader
}

/** What the server reads, and what the client writes. */
export type RequestOf<A extends { readonly request: unknown }> = Value<A['request']>
/** What the client reads, and what the server writes. */
export type ResponseOf<A extends { readonly response: unknown }> = Value<A['response']>
export type ResponseInput<A extends { readonly response: unknown }> = Input<A['response']>

const apiVersionsKey = 18

export function supportsVersion(api: Api, version: number): boolean {
  return version >= api.versionMin && version <= api.versionMax
}

// --------------------------------------------------------------------------------------------------------------- requests

export function requestFrame<In>(
  api: ApiRequest<In, unknown>,
  version: number,
  correlationId: number,
  clientId: string | null,
  body: In,
): Buffer {
  return Buffer.concat(requestPieces(api, version, correlationId, clientId, body))
}

/** The frame in pieces: record batches are not copied, and must not change until they are sent. */
export function requestPieces<In>(
  api: ApiRequest<In, unknown>,
  version: number,
  correlationId: number,
  clientId: string | null,
  body: In,
): Uint8Array[] {
  const format = formatOf(api, version)
  const writer = startFrame({ attaches: true })
  writer.int16(api.key)
  writer.int16(version)
  writer.int32(correlationId)
  // The client id keeps its old form in flexible versions, so that every broker can read the header of every ApiVersions request.
  if (clientId === null) writer.int16(-1)
  else {
    const text = Buffer.from(clientId)
    writer.int16(text.length)
    writer.raw(text)
  }
  if (format.flexible) writer.unsignedVarint(0)
  api.request.write(writer, body, format)
  const pieces = writer.pieces()
  const sizeBytes = pieces.reduce((sum, { length }) => sum + length, 0)
  // The first piece is the beginning of the writer's own bytes, be they moved since or not.
  new DataView(pieces[0]!.buffer, pieces[0]!.byteOffset).setInt32(0, sizeBytes - 4)
  return pieces
}

export function readRequestHeader(frame: Buffer): RequestHeader {
  const rest = new WireReader(frame)
  const apiKey = rest.int16()
  const apiVersion = rest.int16()
  const correlationId = rest.int32()
  const clientIdSize = rest.int16()
  return { apiKey, apiVersion, correlationId, clientId: clientIdSize < 0 ? null : rest.text(clientIdSize), rest }
}

export function readRequest<In, Out>(api: ApiRequest<In, Out>, header: RequestHeader): Out {
  const format = formatOf(api, header.apiVersion)
  if (format.flexible) skipTagged(header.rest)
  return api.request.read(header.rest, format)
}

// -------------------------------------------------------------------------------------------------------------- responses

export function responseFrame<In, Out>(api: ApiResponse<In, Out>, version: number, correlationId: number, body: In): Buffer {
  const writer = startFrame()
  writer.int32(correlationId)
  const format = formatOf(api, version)
  if (hasTaggedResponseHeader(api, format)) writer.unsignedVarint(0)
  api.response.write(writer, body, format)
  return endFrame(writer)
}

export function readResponseHeader(frame: Buffer): { readonly correlationId: number; readonly rest: WireReader } {
  const rest = new WireReader(frame)
  return { correlationId: rest.int32(), rest }
}

/** Reads what follows the correlation id. */
export function readResponse<In, Out>(api: ApiResponse<In, Out>, version: number, reader: WireReader): Out {
  const format = formatOf(api, version)
  if (hasTaggedResponseHeader(api, format)) skipTagged(reader)
  return api.response.read(reader, format)
}

/** The header of an ApiVersions response never has tagged fields (KIP-511): who asks does not know yet what the broker speaks. */
function hasTaggedResponseHeader(api: Api, format: Format): boolean {
  return format.flexible && api.key !== apiVersionsKey
}

export function formatOf(api: Api, version: number): Format {
  if (!supportsVersion(api, version)) throw new RangeError(`${api.name} has no version ${version} here`)
  return { version, flexible: version >= api.flexibleFrom }
}

function skipTagged(reader: WireReader): void {
  for (let left = reader.unsignedVarint(); left > 0; left--) {
    reader.unsignedVarint()
    reader.view(reader.unsignedVarint())
  }
}

function startFrame(options?: { readonly attaches: boolean }): WireWriter {
  const writer = new WireWriter(256, options)
  writer.int32(0)
  return writer
}

function endFrame(writer: WireWriter): Buffer {
  const frame = writer.written()
  frame.writeInt32BE(frame.length - 4, 0)
  return frame
}
