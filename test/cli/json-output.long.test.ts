// --json of the commands that need no Kafka: what programs read, alone on standard output.

import { expect, it, vi } from 'vitest'
import { millrace, projectOf } from './program.ts'

// Topologies are compiled, and tests share the processor.
vi.setConfig({ testTimeout: 120_000 })

it('check, build and describe give data, and new --list the templates', async () => {
  const folder = projectOf('tumbling-sum')
  const dataOf = async (line: string): Promise<unknown> => {
    const { code, stdout, stderr } = await millrace(line.split(' '), folder)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    return JSON.parse(stdout)
  }
  expect(await dataOf('check --json')).toEqual({ diagnostics: [] })
  expect(await dataOf('build --json')).toMatchObject({
    diagnostics: [],
    topologies: [
      {
        name: 'tumbling-sum',
        source: 'topologies/tumbling-sum.ts',
        folder: 'dist/tumbling-sum',
        sizesBytes: { 'app.mjs': expect.any(Number) },
        cost: { repartitionHops: 0, internalTopics: expect.any(Array), changelogWrites: expect.any(Array), stores: expect.any(Array) },
      },
    ],
  })
  expect(await dataOf('describe --json')).toMatchObject({ 'tumbling-sum': { version: 1, topology: 'tumbling-sum' } })
  expect(await dataOf('new --list --json')).toContainEqual({ name: 'word-count', description: expect.any(String) })
})

it('an error of the compiler is data too, with exit code 1', async () => {
  const { code, stdout } = await millrace(['check', '--json'], projectOf({}))
  expect(code).toBe(1)
  expect(JSON.parse(stdout)).toMatchObject({ diagnostics: [{ severity: 'error', message: expect.any(String) }] })
  const without = await millrace(['new', '--json'], projectOf({}))
  expect(without).toMatchObject({ code: 2, stderr: 'error: --json goes with --list.\nSee more with --help\n' })
})
