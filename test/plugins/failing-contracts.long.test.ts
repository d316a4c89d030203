// A contract is worth what it finds: parts that break one rule each fail in the test of that rule.

import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { expect, test, vi } from 'vitest'

vi.setConfig({ testTimeout: 120_000 })

interface Report {
  readonly testResults: readonly { readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[] }[]
}

test('parts that break a rule fail in its test', () => {
  const root = resolve(import.meta.dirname, '..', '..')
  const command = [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--config',
    'test/fixtures/contracts/vitest.config.ts',
    '--reporter=json',
  ]
  const { stdout, stderr } = spawnSync(process.execPath, command, { cwd: root, encoding: 'utf8' })
  expect(stderr).not.toContain('Failed Suites')
  const { testResults }: Report = JSON.parse(stdout.slice(stdout.indexOf('{')))
  const failed = testResults.flatMap((file) => file.assertionResults).filter(({ status }) => status === 'failed')
  const names = failed.map(({ fullName }) => fullName)
  expect(names).toMatchInlineSnapshot(`
    [
      "the serde contract of reads to the end it reads between its two positions, and changes nothing there",
      "the serde contract of writes at 0 it writes behind what is there, whatever room there is at first",
      "the serde contract of makes no room it writes behind what is there, whatever room there is at first",
      "the serde contract of keeps the bytes a value outlives the bytes that it was read from: those are used again for the next fetch",
      "the serde contract of says immutable values are immutable if it says so",
      "the serde contract of takes bad bytes Buffer[ 1 ] is refused with an Error that says what is wrong",
      "the serde contract of loses case what is written is read again, equal",
      "the serde contract of loses case equal values have equal bytes, since keys are compared by their bytes; different values have different ones",
      "the serde contract of loses case it reads between its two positions, and changes nothing there",
      "the serde contract of loses case a value outlives the bytes that it was read from: those are used again for the next fetch",
      "the serde contract of loses case values live in tables and changelogs, outlive a restart, and give way to null",
      "the serde contract of has the wrong format a manifest tells enough to make it again",
      "the contract of the operator remembers outside of a store gives the same if the app is started anew behind each record",
      "the contract of the operator has a name of its own names all that it adds after the name that it is given",
      "the contract of the operator has a name of its own can be applied twice",
      "the contract of the topology unnamed gives all that keeps state a name of its own, so that no other operator renames it",
      "the contract of the check BAD001 finds what is wrong with unnamed, and says what to do",
      "the contract of the check BAD002 there is a good topology and a bad one to try it with",
      "the contract of the check BAD002 finds what is wrong with named, and says what to do",
      "the contract of the emitter counting writes texts, in its own folder, the same each time, and changes nothing of what it looks at",
      "the contract of the emitter leaving writes texts, in its own folder, the same each time, and changes nothing of what it looks at",
      "the contract of the emitter terse there is a topology to try it with",
      "the contract of the emitter terse says what it cannot write of named, and what to do",
    ]
  `)
})
