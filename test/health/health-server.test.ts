// The probes of an app, asked by another thread, as they are by those who watch over it: also while the app's thread does not answer.

import { get } from 'node:http'
import { Worker } from 'node:worker_threads'
import { expect, onTestFinished, test } from 'vitest'
import type { Config } from '../../framework/config.ts'
import { topology } from '../../framework/dsl/topology-definition.ts'
import type { LogLevel, Plugin, WatchedLoop } from '../../framework/index.ts'
import { App } from '../../framework/runtime/app.ts'
import { readSettings } from '../../framework/runtime/settings.ts'
import { SystemClock } from '../../framework/runtime/system-clock.ts'
import { wireApp } from '../../framework/runtime/wiring.ts'
import { brokerMemory } from '../../plugins/broker-memory/index.ts'
import { health } from '../../plugins/health-http/index.ts'
import { prometheus } from '../../plugins/metrics-prometheus/index.ts'
import { memory } from '../../plugins/store-memory/index.ts'
import { reporterContext } from '../contract/reporter-context.ts'

interface Answer {
  readonly status: number
  readonly body: { readonly status: string; readonly operator?: string; readonly record?: string; readonly blockedMs?: number }
}

interface Started {
  readonly app: App
  readonly url: string
  readonly logged: { readonly level: LogLevel; readonly message: string }[]
  readonly ended: Promise<unknown>
}

/** An app of a source without an end, which gives the given values and then waits. */
async function start(onValue: (value: string) => void, config: Config = {}, plugins: readonly Plugin[] = []): Promise<Started> {
  const definition = topology('probed', (builder) => {
    const source = {
      name: 'values',
      bounded: false,
      open: async () => {
        let given = false
        let end = (): void => {}
        return {
          read: async () => {
            if (given)
              return await new Promise<readonly never[]>((resolve) => {
                end = () => resolve([])
              })
            given = true
            return [
              { key: 'a', value: 'first' },
              { key: 'b', value: 'slow' },
            ]
          },
          close: async () => end(),
        }
      },
    }
    builder.fromSource(source as never, { name: 'values' }).forEach(
      (value) => {
        onValue(value as string)
      },
      { name: 'slow-one' },
    )
  })
  const { settings } = readSettings({ healthPort: 0, ...config }, {})
  const logged: Started['logged'] = []
  const clock = new SystemClock()
  let found: (url: string) => void = () => {}
  const listening = new Promise<string>((resolve) => {
    found = resolve
  })
  const logger = {
    log: (level: LogLevel, message: string) => {
      logged.push({ level, message })
      const [at] = /http:\S+(?=\/livez)/.exec(message) ?? []
      if (at !== undefined) found(at)
    },
  }
  const all = [memory(), brokerMemory(), health(), ...plugins]
  const app = new App({ ...wireApp({ definition, settings, plugins: all, clock, logger, print: () => {} }), untilEnd: false })
  const ended = app.run()
  onTestFinished(async () => {
    app.stop()
    await ended
  })
  return { app, url: await listening, logged, ended }
}

function ask(url: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    get(url, (response) => {
      let text = ''
      response.on('data', (data) => {
        text += data
      })
      response.on('end', () => resolve({ status: response.statusCode!, body: text.startsWith('{') ? JSON.parse(text) : { status: text } }))
    }).on('error', reject)
  })
}

/** Asks from another thread, again and again, until told to stop; gives all answers. */
function askFromElsewhere(url: string): () => Promise<readonly Answer[]> {
  const worker = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads')
    const answers = []
    let stopped = false
    parentPort.once('message', () => { stopped = true })
    const next = async () => {
      const response = await fetch(workerData)
      answers.push({ status: response.status, body: await response.json() })
      if (stopped) { parentPort.postMessage(answers); return }
      setTimeout(next, 50)
    }
    next()`,
    { eval: true, workerData: url },
  )
  return async () => {
    const answers = new Promise<readonly Answer[]>((resolve) => worker.once('message', resolve))
    worker.postMessage('stop')
    return await answers
  }
}

async function eventually(condition: () => Promise<boolean> | boolean): Promise<void> {
  const deadlineMs = Date.now() + 20_000
  while (!(await condition())) {
    if (Date.now() > deadlineMs) throw new Error('it did not come to pass')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

test('an app that runs is alive and ready, and says so; other paths and methods are answered too', async () => {
  const { url, app } = await start(() => {})
  await eventually(() => app.state === 'running')
  expect(await ask(`${url}/livez`)).toMatchObject({ status: 200, body: { status: 'alive', state: 'running' } })
  expect(await ask(`${url}/readyz?verbose`)).toMatchObject({ status: 200, body: { status: 'ready', group: { state: 'stable' }, tasks: 1 } })
  expect(await ask(`${url}/`)).toMatchObject({ status: 404, body: { status: 'not-found' } })
  expect((await fetch(`${url}/livez`, { method: 'POST' })).status).toBe(405)
  expect(await ask(`${url}/metrics`)).toMatchObject({ status: 404, body: { status: expect.stringContaining('prometheus()') } })
})

test('metrics are there where a plugin has them as text, which then needs no port of its own', async () => {
  const { url, app } = await start(() => {}, {}, [prometheus({ port: false })])
  await eventually(() => app.state === 'running')
  const response = await fetch(`${url}/metrics`)
  expect(response.headers.get('content-type')).toContain('text/plain')
  expect(await response.text()).toContain('millrace_state{state="running",application_id="probed"} 1')
})

test('an event loop that an operator holds up is told by the probes meanwhile, with the operator and the record, and logged afterwards', async () => {
  let done = false
  const { url, logged } = await start(
    (value) => {
      if (value !== 'slow') return
      // The test has this thread too: it cannot ask for anything now.
      const endMs = Date.now() + 3_000
      while (Date.now() < endMs) Math.sqrt(endMs)
      done = true
    },
    { healthStuckMs: 1_000, loopDelayWarnMs: 300 },
  )
  const asking = askFromElsewhere(`${url}/livez`)
  await eventually(() => done && logged.some(({ message }) => message.startsWith('The event loop was blocked')))
  const answers = await asking()
  const stuck = answers.filter(({ status }) => status === 503)
  expect(stuck.length).toBeGreaterThan(0)
  for (const { body } of stuck)
    expect(body).toMatchObject({ status: 'loop-stuck', operator: 'slow-one', record: expect.stringMatching(/^probed-\S+-0@\d+$/) })
  expect(answers.at(-1)).toMatchObject({ status: 200, body: { status: 'alive' } })
  expect(logged).toContainEqual({
    level: 'warn',
    message: expect.stringMatching(/^The event loop was blocked for [23]\.\d s, by slow-one on probed-\S+-0@\d+\.$/),
  })
})

test('a port in use ends the app, and says where', async () => {
  const { url } = await start(() => {})
  const port = Number(new URL(url).port)
  const { settings } = readSettings({ healthPort: port }, {})
  const definition = topology('second', (builder) => {
    builder.fromElements([['a', 'b']] as never).forEach(() => {})
  })
  const clock = new SystemClock()
  const parts = { definition, settings, plugins: [memory(), brokerMemory(), health()], clock, logger: { log: () => {} }, print: () => {} }
  await expect(new App({ ...wireApp(parts), untilEnd: false }).run()).rejects.toMatchObject({
    code: 'health-cannot-listen',
    message: expect.stringContaining(`at 127.0.0.1:${port}: the port is in use.`),
  })
})

test('of several stream threads the one whose event loop is stuck is named, with what it is at, while the thread that answers is well', async () => {
  const [beats, work] = [new SharedArrayBuffer(4), new SharedArrayBuffer(24)]
  const [counter, cells] = [new Int32Array(beats), new Float64Array(work)]
  let gone = (): void => {}
  const loop: WatchedLoop = {
    name: 'app-StreamThread-2',
    beats,
    beatMs: 20,
    work: { shared: work, onName: (take) => ['in-3', 'slow-one'].forEach((name, number) => void take(number, name)) },
  }
  const logged: string[] = []
  const server = health().metrics!.health!()
  await server.start(
    { read: () => [] },
    reporterContext({
      logger: { log: (_level, message) => logged.push(message) },
      health: {
        read: () => ({ state: 'running', forMs: 0, group: undefined, tasks: 2, restore: undefined, turnAgeMs: 0, stuckTasks: [] }),
        work: undefined,
        onLoop: (begins) => {
          gone = begins(loop)
        },
      },
      settings: { healthPort: 0, healthHost: '127.0.0.1', healthStuckMs: 600, loopDelayWarnMs: 200, stateQueryToken: undefined },
    }),
  )
  const beat = setInterval(() => Atomics.add(counter, 0, 1), 10)
  onTestFinished(async () => {
    clearInterval(beat)
    await server.close()
  })
  const url = /http:\S+(?=\/livez)/.exec(logged[0]!)![0]
  await eventually(async () => (await ask(`${url}/livez`)).status === 200)
  cells.set([0, 1_207, 1])
  clearInterval(beat)
  await eventually(async () => (await ask(`${url}/livez`)).status === 503)
  const at = { status: 'loop-stuck', thread: 'app-StreamThread-2', operator: 'slow-one', record: 'in-3@1207' }
  expect(await ask(`${url}/livez`)).toMatchObject({ status: 503, body: at })
  expect(await ask(`${url}/readyz`)).toMatchObject({ status: 503, body: at })
  expect((await fetch(`${url}/metrics`)).status).toBe(404)
  Atomics.add(counter, 0, 1)
  await eventually(() =>
    logged.some((message) => /^The event loop of app-StreamThread-2 was blocked for \d+\.\d s, by slow-one on in-3@1207\.$/.test(message)),
  )
  // It ends while it is stuck again: nobody waits for it then.
  await eventually(async () => (await ask(`${url}/livez`)).status === 503)
  gone()
  await eventually(async () => (await ask(`${url}/livez`)).status === 200)
})
