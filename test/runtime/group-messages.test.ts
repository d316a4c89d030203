import { expect, test } from 'vitest'
import { isMillraceError } from '../../framework/errors.ts'
import { decodeAssignment, decodeSubscription, encodeAssignment, encodeSubscription } from '../../framework/runtime/group-messages.ts'

// Members of different releases read each other's messages: these bytes are not to change.
const subscription = '\x01{"runs":["0_0"],"hasState":["0_0","1_2"]}'
const assignment = '\x01{"tasks":["0_0","1_2"]}'

test('messages are written as ever', () => {
  expect(Buffer.from(encodeSubscription({ runs: ['0_0'], hasState: ['0_0', '1_2'] })).toString('latin1')).toBe(subscription)
  expect(Buffer.from(encodeAssignment({ tasks: ['0_0', '1_2'] })).toString('latin1')).toBe(assignment)
})

test('messages are read, of a later release too', () => {
  expect(decodeSubscription(Buffer.from(subscription))).toEqual({ runs: ['0_0'], hasState: ['0_0', '1_2'] })
  expect(decodeAssignment(Buffer.from('\x02{"tasks":["0_0"],"standby":["1_0"]}'))).toEqual({ tasks: ['0_0'] })
})

test.each(['', '\x00\x01', '\x01{"tasks":7}'])('what another kind of client sent (%j) is refused with what to do', (bytes) => {
  const read = (): unknown => decodeAssignment(Buffer.from(bytes))
  expect(read).toThrow(/Another kind of client uses the same application id/)
  try {
    read()
  } catch (error) {
    expect(isMillraceError(error, 'group-message-unreadable')).toBe(true)
  }
})
