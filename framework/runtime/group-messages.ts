// What members of a group tell each other through the group protocol: a version byte, then JSON. Members of different releases meet in one group during an
// upgrade, so the leader writes nothing newer than the oldest version it was sent, and everybody ignores fields it does not know.

import * as v from 'valibot'
import { MillraceError } from '../errors.ts'

export const groupMessageVersion = 1

export interface SubscriptionMessage {
  /** Tasks that run here now. */
  readonly runs: readonly string[]
  /** Tasks whose state lies here. */
  readonly hasState: readonly string[]
}

export interface AssignmentMessage {
  readonly tasks: readonly string[]
}

const texts = v.array(v.string())
const subscriptionSchema = v.object({ runs: texts, hasState: texts })
const assignmentSchema = v.object({ tasks: texts })

export function encodeSubscription({ runs, hasState }: SubscriptionMessage): Uint8Array {
  return encode({ runs, hasState })
}

export function decodeSubscription(bytes: Uint8Array): SubscriptionMessage {
  return decode(bytes, subscriptionSchema)
}

export function encodeAssignment({ tasks }: AssignmentMessage): Uint8Array {
  return encode({ tasks })
}

export function decodeAssignment(bytes: Uint8Array): AssignmentMessage {
  return decode(bytes, assignmentSchema)
}

function encode(message: unknown): Uint8Array {
  return Buffer.concat([Buffer.of(groupMessageVersion), Buffer.from(JSON.stringify(message))])
}

function decode<T>(bytes: Uint8Array, schema: v.GenericSchema<unknown, T>): T {
  const version = bytes[0]
  if (version === undefined || version < 1) throw foreign('it has no version')
  try {
    return v.parse(schema, JSON.parse(Buffer.from(bytes.subarray(1)).toString()))
  } catch (error) {
    throw foreign(error instanceof Error ? error.message : String(error), error)
  }
}

function foreign(problem: string, cause?: unknown): MillraceError {
  return new MillraceError('group-message-unreadable', { problem }, cause)
}
