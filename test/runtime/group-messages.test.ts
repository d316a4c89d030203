import { expect, test } from 'vitest'
import { decodeAssignment, decodeSubscription, encodeAssignment, encodeSubscription } from '../../framework/runtime/group-messages.ts'

// Members of different releases read each other's messages: these bytes are not to change.
const first = {
  subscription: '\x00\x00\x00\x00\x00\x01\x00\x02in\x00\x00\x00\x2a\x01{"runs":["0_0"],"hasState":["0_0","1_2"]}',
  assignment:
    '\x00\x00\x00\x00\x00\x01\x00\x02in\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x18\x01{"tasks":["0_0","1_2"]}',
}
const second = {
  subscription:
    '\x00\x00\x00\x00\x00\x01\x00\x02in\x00\x00\x00\x82\x02' +
    '{"runs":["0_0"],"hasState":["0_0","1_2"],"process":"p","thread":2,"standbys":["1_2"],"offsetSums":{"1_2":70},"tags":{"zone":"a"}}',
  assignment:
    '\x00\x00\x00\x00\x00\x01\x00\x02in\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x3e\x02' +
    '{"tasks":["0_0","1_2"],"standbys":["1_0"],"probeInMs":600000}',
}
const partitions = [
  { topic: 'in', partition: 0 },
  { topic: 'in', partition: 2 },
]
const assigned = { tasks: ['0_0', '1_2'], standbys: ['1_0'], probeInMs: 600_000 }
const subscribed = {
  runs: ['0_0'],
  hasState: ['0_0', '1_2'],
  process: 'p',
  thread: 2,
  standbys: ['1_2'],
  offsetSums: { '1_2': 70 },
  tags: { zone: 'a' },
}
const nothingMore = { process: undefined, thread: 1, standbys: [], offsetSums: {}, tags: {} }

test('messages are written in the second version, in the envelope that brokers read', () => {
  expect(text(encodeSubscription({ topics: ['in'], ...subscribed }))).toBe(second.subscription)
  expect(text(encodeAssignment({ ...assigned, partitions }))).toBe(second.assignment)
})

test('a member that speaks the first version is written to in it, and one of a later version in ours', () => {
  expect(text(encodeAssignment({ ...assigned, partitions }, 1))).toBe(first.assignment)
  expect(text(encodeAssignment({ ...assigned, partitions }, 3))).toBe(second.assignment)
})

test('messages of both versions are read, and of a later one what is known here', () => {
  expect(decodeSubscription(bytes(first.subscription))).toEqual({ runs: ['0_0'], hasState: ['0_0', '1_2'], ...nothingMore, version: 1 })
  expect(decodeSubscription(bytes(second.subscription))).toEqual({ ...subscribed, version: 2 })
  expect(decodeAssignment(bytes(first.assignment))).toEqual({ tasks: ['0_0', '1_2'], standbys: [] })
  expect(decodeAssignment(bytes(second.assignment))).toEqual(assigned)
  const later = '\x00\x03\x00\x00\x00\x00\x00\x00\x00\x24\x03{"tasks":["0_0"],"colour":["red"]}'
  expect(decodeAssignment(bytes(later))).toEqual({ tasks: ['0_0'], standbys: [] })
})

test('a member that came too late for an assignment has no tasks', () => {
  expect(decodeAssignment(new Uint8Array(0))).toEqual({ tasks: [], standbys: [] })
})

test.each([
  ['a subscription of a plain consumer', '\x00\x00\x00\x00\x00\x01\x00\x02in\xff\xff\xff\xff'],
  ['text', 'hello'],
  ['a message of another shape', '\x00\x00\x00\x00\x00\x00\x00\x00\x00\x0b\x01{"runs":7}'],
])('%s is refused with what to do', (_, message) => {
  const read = (): unknown => decodeSubscription(bytes(message))
  expect(read).toThrow(/Another kind of client uses the same application id/)
})

function text(message: Uint8Array): string {
  return Buffer.from(message).toString('latin1')
}

function bytes(message: string): Uint8Array {
  return Buffer.from(message, 'latin1')
}

test('servers are told where they are known, and only to who understands them', () => {
  const servers = { 'app-0:8080': ['0_0'], 'app-1:8080': ['0_1'] }
  expect(decodeSubscription(encodeSubscription({ topics: [], ...subscribed, server: 'app-0:8080' }))).toMatchObject({
    server: 'app-0:8080',
  })
  expect(decodeAssignment(encodeAssignment({ ...assigned, servers, partitions }))).toEqual({ ...assigned, servers })
  expect(text(encodeAssignment({ ...assigned, servers, partitions }, 1))).toBe(first.assignment)
})

test('producers are told where there are some: who knows nothing of them passes them over', () => {
  const producers = ['app-p-1', 'app-p-2']
  expect(decodeSubscription(encodeSubscription({ topics: [], ...subscribed, producer: 'app-p-1' }))).toMatchObject({ producer: 'app-p-1' })
  const message = encodeAssignment({ ...assigned, producers, partitions })
  expect(text(message)).toContain('{"tasks":["0_0","1_2"],"standbys":["1_0"],"probeInMs":600000,"producers":["app-p-1","app-p-2"]}')
  expect(decodeAssignment(message)).toEqual({ ...assigned, producers })
  expect(text(encodeAssignment({ ...assigned, producers, partitions }, 1))).toBe(first.assignment)
})
