// Ranges are read by a worker while this thread sleeps. What wakes it may not be the answer: found by a run of thousands of cases on a busy machine, in which each
// answer from one on was that to the question before.

import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { LeveldbFolder } from '../../plugins/store-leveldb/leveldb-folder.ts'
import { classicLevel } from '../../plugins/store-leveldb/native-module.ts'
import { RangeWorker } from '../../plugins/store-leveldb/range-worker.ts'
import { temporaryFolders } from './temporary-folders.ts'

const newFolder = temporaryFolders()
const rounds = 1_000

test('being woken without an answer gives no answer of another question', async () => {
  const ranges = new RangeWorker()
  const location = newFolder()
  const database = new (classicLevel.load().ClassicLevel)<Buffer, Buffer>(location, { keyEncoding: 'buffer', valueEncoding: 'buffer' })
  await database.open({ multithreading: true })
  const folder = await LeveldbFolder.of(
    database,
    location,
    ranges,
    () => undefined,
    () => undefined,
  )
  const store = folder.store('s')
  const keys = ['a', 'b', 'c', 'd']
  await folder.write({ mutations: keys.map((key) => ({ store: 's', key, value: Buffer.from(key) })), positions: new Map() })
  expect([...store.range({})]).toHaveLength(keys.length)

  const waker = wakerOf(answeredOf(ranges))
  try {
    for (let round = 0; round < rounds; round++) {
      const key = keys[round % keys.length]!
      expect([...store.range({ from: key, to: `${key}~` })].map((entry) => entry.key)).toEqual([key])
    }
  } finally {
    await waker.terminate()
    await folder.close()
  }
})

/** Wakes whoever waits, all the time. */
function wakerOf(answered: Int32Array): Worker {
  const source = "const { workerData } = require('node:worker_threads'); for (;;) Atomics.notify(workerData, 0)"
  return new Worker(source, { eval: true, workerData: answered })
}

function answeredOf(ranges: RangeWorker): Int32Array {
  const { running } = ranges as unknown as { readonly running: { readonly answered: Int32Array } | undefined }
  if (running === undefined) throw new Error('the worker does not run')
  return running.answered
}
