// A stream thread in a real worker, as the thread that looks after it calls it.

import { expect, onTestFinished, test } from 'vitest'
import type { FromThread, ThreadLink } from '../../framework/runtime/thread-messages.ts'
import { openWorker } from '../../framework/runtime/worker-thread.ts'

const answer = { kind: 'value', value: undefined }
const silence = { kind: 'refused', isRunning: false, code: 'store-unavailable', message: 'stream thread 1 does not answer' }

function called(store: string): Parameters<ThreadLink['call']>[0] {
  return { kind: 'check', of: { name: store, as: 'keyValue', query: {} } }
}

/** Its time goes as the test has it: by how much with each look. */
function worker() {
  const gate = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  const time = { nowMs: 0, stepMs: 0, looks: 0 }
  const clock = {
    monotonicMs: () => {
      time.looks++
      time.nowMs += time.stepMs
      return time.nowMs
    },
  }
  const place = { streamThread: 1, processId: 'process', gate }
  const link = openWorker(new URL('called-worker.mjs', import.meta.url).href, place, [], clock)
  const ended = new Promise<FromThread>((resolve) => link.listen(resolve))
  const open = (): void => {
    Atomics.store(gate, 0, 1)
    Atomics.notify(gate, 0)
  }
  onTestFinished(async () => {
    open()
    link.send({ kind: 'stop' })
    await ended
  })
  return { link, time, open }
}

test('a thread that has not answered in time is not waited for again until it has', () => {
  const { link, time, open } = worker()
  expect(link.call(called('quick'))()).toEqual(answer)
  // Of five seconds six pass between two looks.
  time.stepMs = 6_000
  expect(link.call(called('slow'))()).toMatchObject(silence)
  const looks = time.looks
  for (let times = 0; times < 100; times++) expect(link.call(called('quick'))()).toMatchObject(silence)
  expect(time.looks).toBe(looks)
  // It ends what it is at, and answers what was asked then: from there on it is waited for as ever.
  open()
  time.stepMs = 0
  const deadlineMs = Date.now() + 10_000
  while (Date.now() < deadlineMs && link.call(called('quick'))().kind === 'refused')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
  expect(link.call(called('quick'))()).toEqual(answer)
})

test('of several calls that are made before the first is waited for, one alone is waited for in vain', () => {
  const { link, time, open } = worker()
  expect(link.call(called('quick'))()).toEqual(answer)
  const [slow, behind] = [link.call(called('slow')), link.call(called('quick'))]
  time.stepMs = 6_000
  expect(slow()).toMatchObject(silence)
  time.stepMs = 0
  expect(behind()).toMatchObject(silence)
  open()
  // The answers that came too late are passed over.
  const deadlineMs = Date.now() + 10_000
  while (Date.now() < deadlineMs && link.call(called('quick'))().kind === 'refused')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
  expect(link.call(called('quick'))()).toEqual(answer)
})
