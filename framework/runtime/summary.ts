// What a run did, as JSON for programs to read: the fields and their meaning are a contract.

import { writeFile } from 'node:fs/promises'
import { MillraceError } from '../errors.ts'
import type { AppTotals } from './app.ts'

export interface Summary {
  readonly application: string
  /** Of source topics and elements; what came back from repartition topics is not counted again. */
  readonly recordsIn: number
  readonly recordsOut: number
  /** From the first record handed to a task until all outputs and changelog records were acknowledged and offsets committed. */
  readonly seconds: number
  readonly recordsPerSecond: number
  readonly restoredRecords: number
  readonly droppedRecords: Readonly<Record<string, number>>
  readonly rssPeakBytes: number
}

export function summaryOf(application: string, totals: AppTotals, host: NodeJS.Process): Summary {
  const { recordsIn, recordsOut, restoredRecords, seconds } = totals
  return {
    application,
    recordsIn,
    recordsOut,
    seconds: Math.round(seconds * 1000) / 1000,
    recordsPerSecond: seconds > 0 ? Math.round(recordsIn / seconds) : 0,
    restoredRecords,
    droppedRecords: Object.fromEntries(totals.droppedRecords),
    rssPeakBytes: host.resourceUsage().maxRSS * 1024,
  }
}

/** To a file, or to standard output for `-`. */
export async function writeSummary(place: string, summary: object, stdout: NodeJS.WritableStream): Promise<void> {
  const text = `${JSON.stringify(summary)}\n`
  if (place === '-') {
    stdout.write(text)
    return
  }
  try {
    await writeFile(place, text)
  } catch (error) {
    throw new MillraceError('summary-not-written', { file: place, problem: error instanceof Error ? error.message : String(error) }, error)
  }
}
