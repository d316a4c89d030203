// One line of the dispatch table: an API of the protocol and who answers it.

import type { Api, ApiRequest, ApiResponse, RequestHeader } from '../wire/api.ts'
import { readRequest, responseFrame } from '../wire/api.ts'

/** Who asks. */
export interface Caller {
  readonly clientId: string
  /** As tools show it: `/127.0.0.1`. */
  readonly clientHost: string
  /** The address and port that the client reached the broker at. */
  readonly reachedAt: { readonly host: string; readonly port: number }
  readonly apiVersion: number
  /** Calls back once when the connection is gone; gives a function that calls it off. */
  onGone(run: () => void): () => void
}

/** Undefined: no answer is expected (Produce with acks=0). */
export type Answer<T> = T | undefined | Promise<T | undefined>

export interface Route {
  readonly api: Api
  /** The frame to send back; undefined for none. */
  answer(header: RequestHeader, caller: Caller): Promise<Buffer | undefined>
}

export function route<In, Out, ResponseIn, ResponseOut>(
  api: ApiRequest<In, Out> & ApiResponse<ResponseIn, ResponseOut>,
  handle: (request: Out, caller: Caller) => Answer<ResponseIn>,
): Route {
  return {
    api,
    async answer(header, caller) {
      const response = await handle(readRequest(api, header), caller)
      return response === undefined ? undefined : responseFrame(api, header.apiVersion, header.correlationId, response)
    },
  }
}
