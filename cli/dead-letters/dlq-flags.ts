// What the commands of `millrace dlq` have in common: which topic is meant, and which of its dead letters.

import { brokersFlag, readConfig } from '../connect.ts'
import { Args, Errors, Flags } from '../oclif.ts'
import type { Wanted } from './read-dead-letters.ts'

export const dlqArgs = {
  topic: Args.string({ ignoreStdin: true, description: 'the dead letter topic; default: the setting deadLetterTopic' }),
}

export const dlqFlags = {
  topology: Flags.string({ description: 'only dead letters of this topology', helpValue: 'NAME' }),
  error: Flags.string({ description: 'only those with this in the class or the message of their error', helpValue: 'TEXT' }),
  operator: Flags.string({ description: 'only those that failed at this operator, or behind it', helpValue: 'NAME' }),
  partition: Flags.integer({ description: 'only this partition of the dead letter topic', min: 0, helpValue: 'N' }),
  offsets: Flags.string({ description: 'only these offsets of it, both ends included: 7, 7..9, 7.. or ..9', helpValue: 'FROM..TO' }),
  max: Flags.integer({ description: 'at most so many', min: 1, helpValue: 'N' }),
  brokers: brokersFlag,
}

export interface DlqFlags {
  readonly topology: string | undefined
  readonly error: string | undefined
  readonly operator: string | undefined
  readonly partition: number | undefined
  readonly offsets: string | undefined
  readonly max: number | undefined
}

export async function wantedLetters(topic: string | undefined, flags: DlqFlags): Promise<Wanted> {
  const { readSettings } = await import('../../framework/runtime/settings.ts')
  const { settings } = readSettings(await readConfig(), process.env)
  const named = topic ?? settings.deadLetterTopic
  if (named === undefined)
    throw new Errors.CLIError('Say which topic holds the dead letters, or set deadLetterTopic in millrace.config.ts.', { exit: 2 })
  const { topology, error, operator, partition, offsets, max: lettersMax = Number.POSITIVE_INFINITY } = flags
  const application = topology === undefined ? undefined : (settings.applicationId ?? settings.applicationIdPrefix + topology)
  return { topic: named, application, error, operator, partition, lettersMax, ...rangeOf(offsets) }
}

/** Throws where it is no range. */
export function rangeOf(offsets: string | undefined): { readonly fromOffset: number; readonly toOffset: number } {
  if (offsets === undefined) return { fromOffset: 0, toOffset: Number.MAX_SAFE_INTEGER }
  const [, from = '', dots, to = ''] = /^(\d*)(\.\.)?(\d*)$/.exec(offsets) ?? []
  if (from === '' && to === '') throw new Errors.CLIError(`${offsets} is no range of offsets; write 7, 7..9, 7.. or ..9.`, { exit: 2 })
  const fromOffset = Number(from)
  if (dots === undefined) return { fromOffset, toOffset: fromOffset }
  return { fromOffset, toOffset: to === '' ? Number.MAX_SAFE_INTEGER : Number(to) }
}
