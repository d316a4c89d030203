// `--read-state` of a built app: rows of a store out of the state folder, while the app does not run. They are asked for and written as those of a running one are. Nothing
// is changed: the tasks that have the store are copied, and the copies opened. What is read is as of the last commit.

import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MillraceError } from '../errors.ts'
import type { StoreSpec } from '../graph/operator-spec.ts'
import type { Topology } from '../graph/topology.ts'
import type { Logger } from '../ports/logger.ts'
import { noHeaders } from '../ports/record.ts'
import type { StateEngine } from '../ports/store.ts'
import { CacheBudget } from '../state/cached-rows.ts'
import { MemoryBudget } from '../state/memory-budget.ts'
import { openTaskState } from '../state/open-task-state.ts'
import { taskFolder } from '../state/state-folder.ts'
import type { AppOptions } from './app.ts'
import { openSerdes } from './open-serdes.ts'
import { copyStateFolder } from './state-copy.ts'
import { serdeFolder, tasksWithState } from './state-directory.ts'
import { StateRequests } from './state-requests.ts'
import { kindsOf, StoreQueries, seenSerde, type TaskPlace } from './store-queries.ts'

type Reading = Pick<AppOptions, 'topology' | 'applicationId' | 'engines' | 'settings' | 'logger'>

/** `url` is what a running app is asked: `/state/counts?key=a`, or `/state` for which stores there are. Gives the exit code. */
export async function readStoppedState(reading: Reading, url: string, host: NodeJS.Process): Promise<number> {
  const { topology, applicationId, settings, logger } = reading
  const { pathname, searchParams } = new URL(url, 'http://app')
  const store = decodeURIComponent(pathname.replace(/^\/state\/?/, ''))
  if (store === '') return await printed([`${JSON.stringify({ stores: storesIn(reading) })}\n`].values(), host)
  const tasks = tasksOf(reading, store, searchParams.get('partition'))
  const copies = mkdtempSync(join(tmpdir(), 'millrace-state-'))
  const remove = (): void => rmSync(copies, { recursive: true, force: true })
  // Also where a signal ends it.
  host.once('exit', remove)
  const opened: TaskPlace[] = []
  try {
    await openSerdes(topology, { applicationId, folder: serdeFolder(settings.stateDir, applicationId), logger })
    for (const task of tasks) opened.push(await openCopy(reading, task, copies))
    const source = {
      topology,
      state: 'running' as const,
      tasks: opened,
      planned: [],
      servers: new Map<string, string>(),
      globals: undefined,
    }
    const { status, body } = new StateRequests(new StoreQueries(() => source)).ask({ url, lines: true })
    if (status !== 200) return refused(status, [...{ [Symbol.iterator]: () => body }].join(''), host)
    return await printed(body, host)
  } finally {
    for (const { state } of opened) await state.close()
    remove()
    host.off('exit', remove)
  }
}

interface StoppedTask {
  readonly id: string
  readonly subTopology: number
  readonly partition: number
}

/** Those of the folder that have the store. Throws what is wrong with it. */
function tasksOf(reading: Reading, store: string, partition: string | null): readonly StoppedTask[] {
  const { topology } = reading
  const spec = topology.stores.get(store)
  if (spec !== undefined && liesInMemory(topology, spec))
    throw new MillraceError('store-unavailable', { store, problem: 'it lies in memory, and its app does not run' })
  return tasksIn(reading)
    .filter((task) => spec === undefined || storesOf(topology, task.subTopology).includes(store))
    .filter((task) => partition === null || String(task.partition) === partition)
}

/** Throws `state-not-found`. */
function tasksIn({ applicationId, settings: { stateDir } }: Reading): readonly StoppedTask[] {
  const all = tasksWithState(stateDir, applicationId)
  if (all.length === 0)
    throw new MillraceError('state-not-found', { folder: stateDir, application: applicationId, found: foundIn(stateDir) })
  return all.map((id) => {
    const [subTopology = 0, partition = 0] = id.split('_').map(Number)
    return { id, subTopology, partition }
  })
}

/** As a running app lists them, but for how many partitions there are, which the folder does not say. Nothing is opened: an app may run with it. */
function storesIn(reading: Reading): readonly object[] {
  const { topology } = reading
  const tasks = tasksIn(reading)
  return [...topology.stores.values()].flatMap((spec) => {
    const [kind] = kindsOf[spec.kind] ?? []
    if (kind === undefined) return []
    const { name, key } = spec
    const inFolder = !liesInMemory(topology, spec)
    const partitions = inFolder ? tasks.filter(({ subTopology }) => storesOf(topology, subTopology).includes(name)) : []
    const inOrder = partitions.map(({ partition }) => partition).sort((one, other) => one - other)
    return [{ name, kind, key: key.name, value: seenSerde(spec).name, global: isGlobal(topology, name), inFolder, partitions: inOrder }]
  })
}

function liesInMemory(topology: Topology, { name, persistent }: StoreSpec): boolean {
  return !persistent || isGlobal(topology, name)
}

function foundIn(folder: string): string {
  if (!existsSync(folder)) return 'it is not there'
  const names = readdirSync(folder).sort()
  return names.length === 0 ? 'it is empty' : `there is ${names.slice(0, 10).join(', ')}`
}

function isGlobal({ subTopologies }: Topology, store: string): boolean {
  return subTopologies.some(({ global, stores }) => global && stores.includes(store))
}

function storesOf({ subTopologies }: Topology, id: number): readonly string[] {
  return subTopologies.find((sub) => sub.id === id)?.stores ?? []
}

async function openCopy(reading: Reading, { id, subTopology, partition }: StoppedTask, copies: string): Promise<TaskPlace> {
  const { topology, applicationId, engines, settings, logger } = reading
  const original = taskFolder({ stateDir: settings.stateDir, applicationId, taskId: id })
  const place = { stateDir: copies, applicationId, taskId: id }
  copyStateFolder(original, taskFolder(place))
  const state = await openTaskState({
    ...place,
    partition,
    // No changelog is written to, nor read.
    stores: storesOf(topology, subTopology).map((name) => ({ ...topology.stores.get(name)!, changelog: null })),
    engines: { ...engines, persistent: withoutRepair(engines.persistent, original) },
    cacheBudget: new CacheBudget(0),
    memoryBudget: new MemoryBudget('memoryStoreBytesMax', 'Stores in memory', settings.memoryStoreBytesMax),
    suppressBudget: new MemoryBudget('suppressBytesMax', 'Rows that suppress() holds back', settings.suppressBytesMax),
    uncommittedBytesMax: Number.POSITIVE_INFINITY,
    context: { timestamp: -1, headers: noHeaders },
    logger: quiet(logger),
    changelogWriter: () => Promise.reject(new Error('what is only read writes to no changelog')),
  })
  return { id, partition, state, running: true, standby: false }
}

/** A damaged folder is said to be one: an app would set it aside and begin anew. */
function withoutRepair(engine: StateEngine, folder: string): StateEngine {
  return {
    name: engine.name,
    supports: engine.supports,
    open: (copy) => engine.open(copy),
    setAside: () => Promise.reject(new MillraceError('state-corrupt', { folder, problem: 'it cannot be opened' })),
  }
}

function quiet(logger: Logger): Logger {
  return { log: (level, message, fields) => (level === 'error' ? logger.log(level, message, fields) : undefined) }
}

async function printed(pieces: Iterator<string>, { stdout, stderr }: NodeJS.Process): Promise<number> {
  for (let next = pieces.next(); next.done !== true; next = pieces.next()) {
    const lines = next.value.split('\n')
    // A row begins with its key; what goes wrong on the way is the last line.
    const problem = lines.at(-2)?.startsWith('{"error":') === true ? lines.splice(-2, 1)[0] : undefined
    if (!stdout.write(lines.join('\n'))) await new Promise((resolve) => stdout.once('drain', resolve))
    if (problem === undefined) continue
    stderr.write(`error: ${messageOf(problem)}\n`)
    return 1
  }
  return 0
}

function refused(status: number, text: string, { stderr }: NodeJS.Process): number {
  stderr.write(`error: ${messageOf(text)}\n`)
  return status === 400 ? 2 : 1
}

function messageOf(text: string): string {
  return (JSON.parse(text) as { readonly error: { readonly message: string } }).error.message
}
