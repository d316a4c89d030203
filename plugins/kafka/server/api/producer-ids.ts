// InitProducerId: a number that was given to nobody else, for idempotent producers (KIP-98); with a transactional id the producer of that id, in a new epoch.

import { errorCode } from '../../wire/error-codes.ts'
import { initProducerId } from '../../wire/messages/data.ts'
import { type Route, route } from '../route.ts'
import type { Catalogue } from '../topics/catalogue.ts'
import type { TransactionCoordinator } from '../transactions/transaction-coordinator.ts'

interface ProducerIdParts {
  readonly catalogue: Catalogue
  readonly transactions: TransactionCoordinator
}

export function initProducerIdRoute({ catalogue, transactions }: ProducerIdParts): Route {
  return route(initProducerId, (request) => {
    const { transactionalId, transactionTimeoutMs } = request
    if (transactionalId === null)
      return { throttleTimeMs: 0, errorCode: errorCode.NONE, producerId: catalogue.nextProducerId(), producerEpoch: 0 }
    const initialized = transactions.initialize(transactionalId, transactionTimeoutMs, request)
    const none = { producerId: -1, producerEpoch: -1 }
    return { throttleTimeMs: 0, ...none, ...initialized, errorCode: errorCode[initialized.error] }
  })
}
