// A dead letter as JSON text. The record in it is written as `millrace consume` writes it, so that numbers keep their digits.

import { formatRecordLine } from '../record-line.ts'
import type { DeadLetter } from './dead-letter.ts'

export function deadLetterJson(letter: DeadLetter): string {
  const { record, headers, error, message, trace, origin, application, task, path, replays, isWhole } = letter
  const { partition, offset } = record
  const told = { partition, offset, origin: origin ?? null, error, message, application, task, path, replays, isWhole, trace }
  const input = { ...record, headers, partition: origin?.partition ?? -1, offset: origin?.offset ?? -1 }
  return `${JSON.stringify(told).slice(0, -1)},"record":${formatRecordLine(input)}}`
}
