// Which requests this broker knows, in which versions: the dispatch table, as data.

import { responseFrame } from '../../wire/api.ts'
import { errorCode } from '../../wire/error-codes.ts'
import { apiVersions } from '../../wire/messages/cluster.ts'
import { type Route, route } from '../route.ts'

const produceKey = 0

interface ApiRange {
  readonly apiKey: number
  readonly minVersion: number
  readonly maxVersion: number
}

export function apiVersionsRoute(routes: ReadonlyMap<number, Route>): Route {
  return route(apiVersions, () => ({ errorCode: errorCode.NONE, apiKeys: ranges(routes) }))
}

/** The answer to a version that is not known here: as version 0, with the ranges, so that the client can ask again (KIP-511). */
export function apiVersionsOutdated(correlationId: number, routes: ReadonlyMap<number, Route>): Buffer {
  return responseFrame(apiVersions, 0, correlationId, { errorCode: errorCode.UNSUPPORTED_VERSION, apiKeys: ranges(routes) })
}

function ranges(routes: ReadonlyMap<number, Route>): readonly ApiRange[] {
  return [...routes.values()].map(({ api }) => {
    // librdkafka believes in compression only if Produce begins at 0, so Apache Kafka 4 says so too, though it refuses 0 to 2 (KAFKA-18659).
    return { apiKey: api.key, minVersion: api.key === produceKey ? 0 : api.versionMin, maxVersion: api.versionMax }
  })
}
