import { expect, test } from 'vitest'
import { decodeAssignment, decodeSubscription, encodeAssignment, encodeSubscription } from '../../framework/runtime/group-messages.ts'

// Members of different releases read each other's messages: these bytes are not to change.
const subscription = '\x00\x00\x00\x00\x00\x01\x00\x02in\x00\x00\x00\x2a\x01{"runs":["0_0"],"hasState":["0_0","1_2"]}'
const assignment =
  '\x00\x00\x00\x00\x00\x01\x00\x02in\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x18\x01{"tasks":["0_0","1_2"]}'

test('messages are written as ever, in the envelope that brokers read', () => {
  const partitions = [
    { topic: 'in', partition: 0 },
    { topic: 'in', partition: 2 },
  ]
  expect(text(encodeSubscription({ topics: ['in'], runs: ['0_0'], hasState: ['0_0', '1_2'] }))).toBe(subscription)
  expect(text(encodeAssignment({ tasks: ['0_0', '1_2'], partitions }))).toBe(assignment)
})

test('messages are read, of a later release too', () => {
  expect(decodeSubscription(Buffer.from(subscription, 'latin1'))).toEqual({ runs: ['0_0'], hasState: ['0_0', '1_2'] })
  expect(decodeAssignment(Buffer.from(assignment, 'latin1'))).toEqual({ tasks: ['0_0', '1_2'] })
  const later = '\x00\x03\x00\x00\x00\x00\x00\x00\x00\x25\x02{"tasks":["0_0"],"standby":["1_0"]}'
  expect(decodeAssignment(Buffer.from(later, 'latin1'))).toEqual({ tasks: ['0_0'] })
})

test('a member that came too late for an assignment has no tasks', () => {
  expect(decodeAssignment(new Uint8Array(0))).toEqual({ tasks: [] })
})

test.each([
  ['a subscription of a plain consumer', '\x00\x00\x00\x00\x00\x01\x00\x02in\xff\xff\xff\xff'],
  ['text', 'hello'],
  ['a message of another shape', '\x00\x00\x00\x00\x00\x00\x00\x00\x00\x0b\x01{"runs":7}'],
])('%s is refused with what to do', (_, bytes) => {
  const read = (): unknown => decodeSubscription(Buffer.from(bytes, 'latin1'))
  expect(read).toThrow(/Another kind of client uses the same application id/)
})

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}
