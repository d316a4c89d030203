// Faults that are planted where kinds of state that only the second app has are written and read. As those of planted-faults.ts they lie around the ports.

import type { Broker, ProducerOptions, TopicWriter } from '../../framework/ports/broker.ts'
import type { Mutation, StateBatch } from '../../framework/ports/store.ts'
import { dueStoreName } from '../../framework/state/due-index.ts'
import { around, aroundFetchers, aroundFolders, type PlantedSabotage, withoutLast } from './planted-faults.ts'
import { namesTopic } from './stores-workload.ts'

export const plantedInStores: Readonly<Record<string, PlantedSabotage>> = {
  'what suppress holds back is not logged': { broker: (broker) => withoutRecords(broker, (topic) => topic.includes('until-closed')) },
  'deletions are not logged': { broker: (broker) => withoutRecords(broker, isChangelog, (value) => value === null) },
  'sessions that have become one are not deleted': {
    broker: (broker) =>
      withoutRecords(
        broker,
        (topic) => topic.includes('sessions-changelog'),
        (value) => value === null,
      ),
  },
  'records that are asked for outside are not kept': {
    broker: (broker) => withoutRecords(broker, (topic) => topic.endsWith('-pending-changelog')),
  },
  'every fifth answer to a foreign key is lost': {
    broker: (broker) => {
      let count = 0
      return withoutRecords(
        broker,
        (topic) => topic.includes('RESPONSE') && topic.endsWith('-topic'),
        () => ++count % 5 === 0,
      )
    },
  },
  'versions of a row are not logged': { broker: (broker) => withoutRecords(broker, (topic) => topic.includes('as-of-other')) },
  'a global table lacks what was written last': {
    broker: (broker) =>
      aroundFetchers(
        broker,
        (options) => options,
        (fetched) => (fetched.topic === namesTopic ? withoutLast(fetched) : fetched),
        0,
        'GlobalStreamThread',
      ),
  },
  'the stream threads of a process have one transactional id': {
    broker: (broker) =>
      around(broker, {
        producer: ({ transactionalId, ...options }: ProducerOptions) =>
          broker.producer(transactionalId === undefined ? options : { ...options, transactionalId: transactionalId.replace(/-\d+$/, '') }),
      }),
  },
  'the index of timers is not written to the disk': {
    engine: (engine) =>
      aroundFolders(engine, (folder) => ({ write: (batch) => folder.write({ ...batch, mutations: withoutIndex(batch) }) })),
  },
}

function isChangelog(topic: string): boolean {
  return topic.endsWith('-changelog')
}

function* withoutIndex({ mutations }: StateBatch): Generator<Mutation> {
  for (const mutation of mutations) if (!mutation.store.endsWith(dueStoreName(''))) yield mutation
}

/** Of records of these topics those are not written whose value is as it says. */
function withoutRecords(broker: Broker, isMeant: (topic: string) => boolean, left: (value: unknown) => boolean = () => true): Broker {
  return around(broker, {
    producer: (options: ProducerOptions) => {
      const producer = broker.producer(options)
      return around(producer, {
        writer: async (topic: string) => {
          const writer = await producer.writer(topic)
          if (!isMeant(topic)) return writer
          const append: TopicWriter['append'] = (...record) => {
            if (!left(record[5])) writer.append(...record)
          }
          return around(writer, { append })
        },
      })
    },
  })
}
