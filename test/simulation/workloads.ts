// The apps that are simulated, by name.

import { streamsWorkload } from './findings.ts'
import { storesWorkload } from './findings-in-stores.ts'
import type { Workload } from './workload.ts'

export const workloads = { streams: streamsWorkload, stores: storesWorkload } as const satisfies Readonly<Record<string, Workload>>

export type WorkloadName = keyof typeof workloads
