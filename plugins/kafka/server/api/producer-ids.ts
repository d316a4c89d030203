// InitProducerId: a number that was given to nobody else, for idempotent producers (KIP-98). Transactions will need more of it.

import { errorCode } from '../../wire/error-codes.ts'
import { initProducerId } from '../../wire/messages/data.ts'
import { type Route, route } from '../route.ts'
import type { Catalogue } from '../topics/catalogue.ts'

export function initProducerIdRoute({ catalogue }: { readonly catalogue: Catalogue }): Route {
  return route(initProducerId, (request) => {
    if (request.transactionalId !== null) {
      return { throttleTimeMs: 0, errorCode: errorCode.INVALID_REQUEST, producerId: -1, producerEpoch: -1 }
    }
    return { throttleTimeMs: 0, errorCode: errorCode.NONE, producerId: catalogue.nextProducerId(), producerEpoch: 0 }
  })
}
