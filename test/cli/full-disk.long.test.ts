// A broker whose disk is full says so, and so does who writes to it, at once; what it took before is there, also after a restart. The disk is a small one in memory,
// which only root can make.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { millrace, projectOf, startBroker } from './program.ts'

const place = mkdtempSync(join(tmpdir(), 'millrace-small-disk-'))
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', place])
const reason = 'a small disk cannot be mounted here: it needs root'
if (mounted.status !== 0) console.warn(`Skipped: ${reason}.`)

test.skipIf(mounted.status !== 0)(`a full disk of the broker${mounted.status === 0 ? '' : ` (skipped: ${reason})`}`, async () => {
  onTestFinished(() => {
    spawnSync('umount', [place])
    rmSync(place, { recursive: true, force: true })
  })
  const folder = projectOf({})
  const data = join(place, 'data')
  const first = await startBroker(folder, data)
  expect(await millrace(['topic', 'create', 't', '--partitions', '1', '--brokers', first.address], folder)).toMatchObject({ code: 0 })
  writeFileSync(join(folder, 'few.jsonl'), linesOf(100))
  expect(await millrace(['produce', 't', 'few.jsonl', '--brokers', first.address], folder)).toMatchObject({ code: 0 })
  writeFileSync(join(folder, 'many.jsonl'), linesOf(5_000))
  const refused = await millrace(['produce', 't', 'many.jsonl', '--brokers', first.address], folder)
  expect(refused.code).toBe(1)
  expect(refused.stderr).toMatch(/^error: \d+ records for t-0 could not be delivered: POLICY_VIOLATION \(The disk is full\.\)/)
  first.process.kill('SIGTERM')
  const ended = await first.ended
  expect(ended.code).toBe(0)
  expect(ended.stderr).toContain('error: Could not write to topics/t-0: The disk is full. Make room, and send it again.')

  const second = await startBroker(folder, data)
  const consumed = await millrace(['consume', 't', '--from-start', '--max', '100', '--brokers', second.address], folder)
  expect(consumed.code).toBe(0)
  const keys = consumed.stdout
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { key: number }).key)
  expect(keys).toEqual(Array.from({ length: 100 }, (_, key) => key))
  second.process.kill('SIGTERM')
  expect(await second.ended).toMatchObject({ code: 0 })
})

function linesOf(count: number): string {
  return Array.from({ length: count }, (_, key) => `${JSON.stringify({ key, value: 'x'.repeat(2_000) })}\n`).join('')
}
