import { expect, it } from 'vitest'
import { node } from '../cli/program.ts'

it('shows all delayed flights of the data by state and hour', { timeout: 120_000 }, async () => {
  const { code, stdout, stderr } = await node(['--import', './scripts/typescript.mjs', 'scripts/demo.ts'], process.cwd())
  expect(code, stderr).toBe(0)
  expect(stdout).toContain('│ CA    │ 2001-01-12 22:00 │               5 │    108 min │')
  // What one counts in the files themselves.
  expect(stdout).toContain('of 3900 hours by state; 4349 flights left more than 15 minutes late.')
  // An hour is written again if a commit falls between two of its flights.
  const written = Number(/^23376 records read, (\d+) written/m.exec(stdout)?.[1])
  expect(written).toBeGreaterThanOrEqual(3900)
  expect(written).toBeLessThanOrEqual(4349)
})
