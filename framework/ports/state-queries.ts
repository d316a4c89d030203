// Reading the stores of an app by requests, as they come over HTTP: for a server that knows nothing of stores.

export interface StateRequest {
  /** Path and query as a URL has them, from `/state` on: `/state/counts?key=a`. */
  readonly url: string
  /** Rows as lines of JSON, as many as there are, instead of one JSON text of bounded size. */
  readonly lines: boolean
}

export interface StateAnswer {
  /** Of HTTP. */
  readonly status: number
  /** Its content type. */
  readonly type: string
  /** The body, read as fast as it is sent on. What goes wrong on the way is its last line, `{"error": …}`. Not to be held for long: state moves on. */
  readonly body: Iterator<string> | AsyncIterator<string>
  /** Host and port of the instance that has the answer, where this one has not, and knows. */
  readonly elsewhere?: string
}

export interface StateReader {
  ask(request: StateRequest): StateAnswer | Promise<StateAnswer>
}
