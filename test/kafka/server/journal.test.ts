import { describe, expect, it } from 'vitest'
import { Journal, JournalDamaged } from '../../../plugins/kafka/server/log/journal.ts'
import { newStorage } from './logs.ts'

interface Fact {
  readonly name: string
  readonly value: number
}

function openJournal(storage = newStorage()) {
  const facts = new Map<string, number>()
  const reports: string[] = []
  const journal = Journal.open<Fact>(
    storage,
    'facts.journal',
    ({ name, value }) => facts.set(name, value),
    () => [...facts].map(([name, value]) => ({ name, value })),
    (message) => reports.push(message),
  )
  const note = (fact: Fact): void => {
    journal.append(fact)
    facts.set(fact.name, fact.value)
  }
  return { storage, facts, reports, note }
}

describe('a journal', () => {
  it('is lines of a checksum and JSON', () => {
    const { storage, note } = openJournal()
    note({ name: 'a', value: 1 })
    note({ name: 'ü', value: 2 })
    expect(storage.readText('facts.journal')).toBe('c783bd2f {"name":"a","value":1}\n8dfb18d1 {"name":"ü","value":2}\n')
  })

  it('cut at any byte of its last line has all facts but the last', () => {
    const { storage, note } = openJournal()
    note({ name: 'a', value: 1 })
    const sound = storage.file('facts.journal').sizeBytes
    note({ name: 'b', value: 2 })
    const bytes = storage.file('facts.journal').read(0, 1000)
    for (let cut = sound + 1; cut < bytes.length; cut++) {
      const torn = newStorage()
      torn.file('facts.journal').append([bytes.subarray(0, cut)])
      const { facts, reports, note: noteAgain } = openJournal(torn)
      expect([...facts]).toEqual([['a', 1]])
      expect(reports).toHaveLength(1)
      noteAgain({ name: 'c', value: 3 })
      expect([...openJournal(torn).facts]).toEqual([
        ['a', 1],
        ['c', 3],
      ])
    }
  })

  it('with damage before its end is refused', () => {
    const { storage, note } = openJournal()
    note({ name: 'a', value: 1 })
    note({ name: 'b', value: 2 })
    const text = storage.readText('facts.journal')!
    storage.writeText('facts.journal', text.replace('"a"', '"x"'))
    expect(() => openJournal(storage)).toThrow(JournalDamaged)
  })

  it('stays small, however often a fact changes', () => {
    const { storage, facts, note } = openJournal()
    for (let value = 0; value < 20_000; value++) note({ name: `fact ${value % 10}`, value })
    expect(storage.file('facts.journal').sizeBytes).toBeLessThan(200_000)
    expect(openJournal(storage).facts).toEqual(facts)
  })
})
