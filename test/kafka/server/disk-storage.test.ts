import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { DiskStorage } from '../../../plugins/kafka/server/log/disk-storage.ts'
import { MemoryStorage } from '../../../plugins/kafka/server/log/memory-storage.ts'
import { type Storage, StorageFull } from '../../../plugins/kafka/server/log/storage.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-storage-'))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe.each<[string, () => Storage]>([
  ['disk', () => new DiskStorage(folder, 2)],
  ['memory', () => new MemoryStorage(100 * 1024 * 1024)],
])('storage on %s', (_, open) => {
  const text = (storage: Storage, path: string): string => storage.file(path).read(0, 1000).toString()

  it('appends, reads anywhere, and cuts', () => {
    const storage = open()
    const file = storage.file('a/b/log')
    expect([file.sizeBytes, file.read(0, 10)]).toEqual([0, Buffer.alloc(0)])
    file.append([Buffer.from('one '), Buffer.from('two ')])
    file.append([Buffer.from('three')])
    expect(file.read(4, 5).toString()).toBe('two t')
    expect(file.read(8, 1000).toString()).toBe('three')
    expect(file.read(1000, 10)).toHaveLength(0)
    file.truncate(4)
    file.append([Buffer.from('more')])
    expect(text(storage, 'a/b/log')).toBe('one more')
    storage.close()
  })

  it('keeps many files, however few are open at a time', () => {
    const storage = open()
    for (let round = 0; round < 3; round++)
      for (let number = 0; number < 10; number++) storage.file(`logs/${number}`).append([Buffer.from(`${round}`)])
    for (let number = 0; number < 10; number++) expect(text(storage, `logs/${number}`)).toBe('012')
    expect([...storage.list('logs')].sort()).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
    expect(storage.list('nowhere')).toEqual([])
    storage.close()
  })

  it('replaces a file by another one', () => {
    const storage = open()
    storage.file('logs/old').append([Buffer.from('old and long')])
    storage.file('logs/new').append([Buffer.from('new')])
    storage.file('logs/old').close()
    storage.file('logs/new').close()
    storage.replace('logs/new', 'logs/old')
    expect(storage.list('logs')).toEqual(['old'])
    expect(text(storage, 'logs/old')).toBe('new')
    storage.file('logs/old').append([Buffer.from('er')])
    expect(text(storage, 'logs/old')).toBe('newer')
    storage.close()
  })

  it('writes small files as a whole, and removes', () => {
    const storage = open()
    expect(storage.readText('a/note')).toBeUndefined()
    storage.writeText('a/note', 'first')
    storage.writeText('a/note', 'ü')
    expect(storage.readText('a/note')).toBe('ü')
    storage.remove('a')
    storage.remove('a')
    expect(storage.readText('a/note')).toBeUndefined()
    storage.close()
  })

  it('reads and writes across its chunks', () => {
    const storage = open()
    const bytes = Buffer.alloc(3_000_000, 'all the letters of a long text ')
    for (let at = 0; at < bytes.length; at += 77_777) storage.file('long').append([bytes.subarray(at, at + 77_777)])
    expect(storage.file('long').read(1_000_001, 1_500_000).equals(bytes.subarray(1_000_001, 2_500_001))).toBe(true)
    storage.close()
  })
})

describe('memory', () => {
  it('that is full refuses an append as a whole, and gives room back that was freed', () => {
    const storage = new MemoryStorage(64 * 1024)
    const file = storage.file('log')
    file.append([Buffer.alloc(30_000)])
    expect(() => file.append([Buffer.alloc(10), Buffer.alloc(100_000)])).toThrow(StorageFull)
    expect(file.sizeBytes).toBe(30_000)
    storage.remove('log')
    storage.file('other').append([Buffer.alloc(60_000)])
  })
})

describe('a disk', () => {
  it('does not bring back a file that was removed while somebody reads it', () => {
    const storage = new DiskStorage(folder)
    const file = storage.file('logs/gone')
    file.append([Buffer.from('bytes')])
    file.close()
    storage.remove('logs/gone')
    expect(() => file.read(0, 5)).toThrow('ENOENT')
    expect(readdirSync(join(folder, 'logs'))).toEqual([])
    storage.close()
  })
})
