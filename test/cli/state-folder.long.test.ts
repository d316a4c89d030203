// millrace state on the folder of an app that does not run: it says what it said while the app ran, and leaves the folder as it was.

import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, it, vi } from 'vitest'
import { type EmbeddedBroker, startBroker } from '../../plugins/kafka/server/index.ts'
import { Client } from '../e2e/client.ts'
import { type Ended, endOf, millrace, projectOf, startMillrace, urlOf } from './program.ts'

// Topologies are compiled, and tests share the processor.
vi.setConfig({ testTimeout: 300_000 })

let broker: EmbeddedBroker

beforeAll(async () => {
  broker = await startBroker()
  return () => broker.close()
})

const everyKind = `import { aggregating, type BigIntAsString, count, last, list, map, mean, session, topology, tumbling, value } from 'millrace'

interface Seen { at: Date; cents: BigIntAsString; words: Set<string> }

export default topology('kinds', (builder) => {
  const stream = builder.stream<string, string>('in')
  const group = stream.groupByKey()
  group.aggregate((): Seen => ({ at: new Date(0), cents: 0n as BigIntAsString, words: new Set() }),
    (seen, word) => ({ at: new Date(seen.at.getTime() + 1), cents: (seen.cents + 1n) as BigIntAsString, words: new Set([...seen.words, word]) }), { store: 'seen' })
  group.windowedBy(tumbling(10, { grace: 100 })).count({ store: 'windows' })
  group.windowedBy(session(5, { grace: 100 })).count({ store: 'sessions' })
  const named = { words: count(), last: last((word: string) => ({ word, at: new Date(0) })), length: mean((word: string) => word.length) }
  group.aggregate(named, { store: 'named' })
  group.windowedBy(tumbling(10, { grace: 100 })).aggregate(named, { store: 'named-windows' })
  group.windowedBy(session(5, { grace: 100 })).aggregate(named, { store: 'named-sessions' })
  stream.toTable({ store: { name: 'versions', historyRetention: '1h' } })
  builder.globalTable<string, string>('names', { store: 'names' })
  group.count({ store: { name: 'in-memory', persistent: false } })
  const kept = stream.processValues({
    state: { totals: aggregating({ words: count() }), last: value<string>(), words: list<string>(), lengths: map<string, number>() },
    process(word, _key, _record, { state }) {
      state.totals.add(word)
      state.last.set(word)
      state.words.append(word)
      state.lengths.set(word, word.length)
      return [word]
    },
  })
  kept.to('out')
})
`

const questions = [
  'dump seen',
  'get seen a',
  'scan seen --prefix a --limit 1',
  'scan seen --from ab --reverse',
  'get named a',
  'get named-windows a',
  'get named-sessions a',
  'get kept-totals a',
  'dump windows',
  'get windows a --time-from 10',
  'scan windows --time-from 10 --reverse',
  'get sessions a',
  'dump sessions --partition 1',
  'get versions a',
  'get versions a --at 3',
  'get versions a --time-from 0',
  'dump kept-last',
  'dump kept-words',
  'get kept-lengths ["a","y"]',
  'get seen none',
  'get kept-lengths nonsense',
  'dump missing',
  'scan seen --prefix a --reverse',
]

/** All that a folder holds, with times. */
function contents(folder: string): string {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return files
    .map(({ parentPath, name }) => {
      const path = join(parentPath, name)
      return `${path} ${statSync(path).mtimeMs} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`
    })
    .sort()
    .join('\n')
}

it('every kind of store is read from a stopped app’s folder as from the running app, and the folder stays as it is', async () => {
  const folder = projectOf({ 'topologies/kinds.ts': everyKind })
  const stateDir = join(folder, 'state')
  const environment = {
    MILLRACE_BROKERS: broker.address,
    MILLRACE_STATE_DIR: stateDir,
    MILLRACE_HEALTH_PORT: '0',
    MILLRACE_COMMIT_INTERVAL_MS: '100',
  }
  const client = new Client(broker.address)
  await client.createTopics(2, 'in', 'out', 'names')
  await client.send(
    'in',
    [
      ['a', 'x', 1],
      ['a', 'y', 2],
      ['ab', 'xyz', 12],
      ['b', 'q', 15],
      ['a', 'z', 14],
    ].map(([key, value, timestamp]) => ({ key: key as string, value: value as string, timestamp: timestamp as number })),
  )
  expect(await millrace(['build'], folder)).toMatchObject({ code: 0, stderr: '' })
  const ask = (question: string, place: readonly string[]) => millrace(['state', ...question.split(' '), ...place], folder)
  // Some at a time: an app that has 16 answers on their way refuses another.
  const askAll = async (place: readonly string[]) => {
    const answers: Ended[] = []
    for (let at = 0; at < questions.length; at += 8)
      answers.push(...(await Promise.all(questions.slice(at, at + 8).map((question) => ask(question, place)))))
    return answers
  }

  const app = startMillrace(['run', 'kinds'], folder, environment)
  const ended = endOf(app)
  const url = new URL(await urlOf(app))
  await client.receive('out', ({ length }) => length === 5)
  const running = await askAll(['--app', url.host])
  expect(running[0]!.stdout).toContain('"cents":"3","words":["x","y","z"]')
  // Of named aggregators what they give, not what they work with.
  const valuesOf = (question: string) =>
    running[questions.indexOf(question)]!.stdout.trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { value: unknown }).value)
  const resultOf = (words: number, last: string) => ({ words, last: { word: last, at: '1970-01-01T00:00:00.000Z' }, length: 1 })
  expect(valuesOf('get named a')).toEqual([resultOf(3, 'z')])
  expect(valuesOf('get named-windows a')).toEqual([resultOf(2, 'y'), resultOf(1, 'z')])
  expect(valuesOf('get named-sessions a')).toEqual([resultOf(2, 'y'), resultOf(1, 'z')])
  expect(valuesOf('get kept-totals a')).toEqual([{ words: 3 }])
  const generated = await millrace(['client', 'kinds'], folder)
  const typeOf = (store: string) => generated.stdout.split('\n').find((line) => line.trim().startsWith(`readonly '${store}'`))
  expect(generated.stdout).toMatch(/last: \{ at: Date; word: string \}\n.*length: number\n.*words: number/)
  for (const store of ['named-windows', 'named-sessions']) expect(typeOf(store)).toMatch(/<string, Aggregated\w*[,>]/)
  expect(typeOf('kept-totals')).toContain('<string, { words: number },')
  const namesOfRunning = (JSON.parse((await ask('list --json', ['--app', url.host])).stdout) as { stores: { name: string }[] }).stores.map(
    ({ name }) => name,
  )
  const open = await ask('dump seen', ['--dir', stateDir])
  expect(open).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(
      /^millrace: An app has the state folder .*kinds.\d+_\d+ open\. Ask the app \(millrace state … --app HOST:PORT\), or stop it first\.$/m,
    ),
  })
  app.kill('SIGTERM')
  expect(await ended).toMatchObject({ code: 0 })

  const before = contents(stateDir)
  for (const place of [stateDir, join(stateDir, 'kinds')]) {
    const stopped = await askAll(['--dir', place])
    for (const [at, question] of questions.entries()) {
      const { stdout, code } = running[at]!
      expect({ question, code: stopped[at]!.code, stdout: stopped[at]!.stdout }).toEqual({ question, code, stdout })
      if (code !== 0) expect(stopped[at]!.stderr.split('\n')[0]).toBe(running[at]!.stderr.split('\n')[0])
    }
  }
  expect(contents(stateDir)).toBe(before)

  const listed = await ask('list', ['--dir', stateDir])
  expect(listed).toMatchObject({ code: 0, stderr: '' })
  const lineOf = (store: string) => listed.stdout.split('\n').find((line) => line.trim().startsWith(`${store} `))
  expect(lineOf('seen')).toMatch(/^ *seen +timestampedKeyValue +string +json\(Seen\) +0, 1 *$/)
  expect(lineOf('windows')).toMatch(/ timestampedWindow .* 0, 1 *$/)
  expect(lineOf('in-memory')).toMatch(/ in memory only *$/)
  expect(lineOf('names')).toMatch(/ in memory only *$/)
  const { stores } = JSON.parse((await ask('list --json', ['--dir', join(stateDir, 'kinds')])).stdout) as { stores: { name: string }[] }
  // As the running app had them, but for how many partitions there are.
  expect(stores.map(({ name }) => name)).toEqual(namesOfRunning)
  expect(stores).toContainEqual({
    name: 'kept-words',
    kind: 'keyValue',
    key: expect.stringContaining('entry('),
    value: 'string',
    global: false,
    inFolder: true,
    partitions: [0, 1],
  })
  expect(await ask('list', ['--dir', join(folder, 'topologies')])).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining('There is no state of kinds in'),
  })
  expect(contents(stateDir)).toBe(before)

  expect(await ask('dump in-memory', ['--dir', stateDir])).toMatchObject({ code: 1, stderr: expect.stringContaining('it lies in memory') })
  expect(await ask('dump names', ['--dir', stateDir])).toMatchObject({ code: 1, stderr: expect.stringContaining('it lies in memory') })
  expect((await ask('dump seen', ['--dir', join(folder, 'none')])).stderr).toBe(`error: There is no folder ${join(folder, 'none')}.\n`)
  expect((await ask('dump seen', ['--dir', join(folder, 'topologies')])).stderr).toContain(
    `There is no state of kinds in ${join(folder, 'topologies')}: there is kinds.ts.`,
  )
  expect((await ask('dump seen', ['--dir', stateDir, '--app', 'localhost:1'])).code).toBe(2)
  expect((await ask('dump seen', ['--dir', stateDir, '--topology', 'knids'])).stderr).toContain('Did you mean kinds?')

  // A folder that is damaged is said to be, and not begun anew.
  const damaged = join(folder, 'damaged')
  cpSync(stateDir, damaged, { recursive: true })
  for (const task of readdirSync(join(damaged, 'kinds')).filter((name) => /^\d+_\d+$/.test(name)))
    writeFileSync(join(damaged, 'kinds', task, 'CURRENT'), 'MANIFEST-999999\n')
  expect(await ask('dump seen', ['--dir', damaged])).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('is damaged') })
  mkdirSync(join(folder, 'empty'))
  expect((await ask('dump seen', ['--dir', join(folder, 'empty')])).stderr).toContain('it is empty.')
  expect(await millrace(['run', 'kinds', '--read-state', 'seen'], folder)).toMatchObject({ code: 2 })
})
