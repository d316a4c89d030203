import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type AssignableMember, assignTasks } from '../../framework/runtime/assignor.ts'

const member = (memberId: string, runs: readonly string[] = [], hasState: readonly string[] = []): AssignableMember => ({
  memberId,
  runs,
  hasState,
})
const tasks = ['0_0', '0_1', '1_0', '1_1']

test('new members share the tasks of each sub-topology', () => {
  expect(assignTasks([member('b'), member('a')], tasks)).toEqual(
    new Map([
      ['b', ['0_1', '1_1']],
      ['a', ['0_0', '1_0']],
    ]),
  )
})

test('a new member takes over its share, and the others keep theirs', () => {
  const before = [member('a', ['0_0', '1_0']), member('b', ['0_1', '1_1']), member('c')]
  expect(assignTasks(before, tasks)).toEqual(
    new Map([
      ['a', ['0_0', '1_0']],
      ['b', ['0_1']],
      ['c', ['1_1']],
    ]),
  )
})

test('tasks of a member that is gone go to the one that has their state', () => {
  expect(assignTasks([member('a', ['0_0']), member('b', [], ['0_1', '0_0', '1_1'])], ['0_0', '0_1', '1_0', '1_1'])).toEqual(
    new Map([
      ['a', ['0_0', '1_0']],
      ['b', ['0_1', '1_1']],
    ]),
  )
})

test('what runs somewhere stays there, whoever else has its state', () => {
  expect(assignTasks([member('a', [], ['0_0']), member('b', ['0_0'])], ['0_0'])).toEqual(
    new Map([
      ['a', []],
      ['b', ['0_0']],
    ]),
  )
})

test('every task is assigned once, shares differ by one at most, and doing it again changes nothing', () => {
  const anyMembers = fc.uniqueArray(
    fc.record({
      memberId: fc.string({ minLength: 1 }),
      runs: fc.uniqueArray(fc.constantFrom(...tasks)),
      hasState: fc.uniqueArray(fc.constantFrom(...tasks)),
    }),
    { minLength: 1, maxLength: 6, selector: ({ memberId }) => memberId },
  )
  fc.assert(
    fc.property(anyMembers, fc.subarray(tasks), (members, assignable) => {
      const assignment = assignTasks(members, assignable)
      expect([...assignment.values()].flat().sort()).toEqual([...assignable].sort())
      const sizes = [...assignment.values()].map((list) => list.length)
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
      const again = assignTasks(
        [...assignment].map(([memberId, runs]) => member(memberId, runs)),
        assignable,
      )
      expect(again).toEqual(assignment)
    }),
  )
})
