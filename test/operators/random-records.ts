// Random records of few keys and values, somewhat out of order, and where a restart comes in between.

import fc from 'fast-check'

type Row = readonly [key: string, value: string, timestamp: number]

const rows = fc.array(
  fc.tuple(
    fc.constantFrom('a', 'b', 'c'),
    fc.constantFrom('x', 'y', 'z'),
    fc.nat({ max: 40 }).map((step) => step * 1_000),
  ),
  { minLength: 1, maxLength: 40, size: 'max' },
)

export function property(holds: (rows: readonly Row[], restartAt: number) => Promise<void>) {
  return fc.asyncProperty(rows, fc.nat({ max: 40 }), holds)
}

/** The seed of a failure is printed; MILLRACE_RUNS makes it more runs. */
export async function check(one: ReturnType<typeof property>): Promise<void> {
  await fc.assert(one, { numRuns: Number(process.env.MILLRACE_RUNS ?? 25) })
}
