// npm run bench:fusion
//
// What a chain of operators costs as one function, beside the operators one by one: processor time for a record, without reading and writing. `filter` and `mapValues` take
// turns, on a number. Each in a process of its own, so that what the engine has learned of one is not used for the other; the least of all rounds counts.

import { spawnSync } from 'node:child_process'
import Table from 'cli-table3'
import { json, type KStream, type Topology, topology } from '../../framework/index.ts'
import type { Failures } from '../../framework/operators/failures.ts'
import { FlowRecord } from '../../framework/operators/flow-record.ts'
import type { Flow } from '../../framework/operators/operator.ts'
import type { OperatorEnvironment } from '../../framework/operators/operator-environment.ts'
import { buildTaskGraph } from '../../framework/runtime/task-graph.ts'
import { fused } from '../compiler/fused-topology.ts'

const lengths = [2, 4, 8]
const records = 1_000_000
const rounds = 15
const ways = { 'one by one': (built: Topology) => built, 'as one function': fused } as const
type Way = keyof typeof ways

const [length, way] = process.argv.slice(2)
if (length === undefined) printTable()
else console.log(nanosecondsEach(Number(length), way as Way))

function printTable(): void {
  const table = new Table({ head: ['operators', ...Object.keys(ways)], style: { head: [], border: [] } })
  for (const operators of lengths) table.push([operators, ...Object.keys(ways).map((one) => `${inOwnProcess(operators, one)} ns`)])
  console.log(table.toString())
}

function inOwnProcess(operators: number, one: string): string {
  const { stdout, status } = spawnSync(process.execPath, [...process.execArgv, import.meta.filename, String(operators), one], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (status !== 0) throw new Error(`${operators} operators ${one}: it ended with ${status}`)
  return stdout.trim()
}

function nanosecondsEach(operators: number, one: Way): number {
  let sum = 0
  const built = topology('chain', (builder) => {
    let stream: KStream<string, number> = builder.stream<string, number>('in', { key: json(), value: json() })
    for (let index = 0; index < operators; index += 2) stream = stream.filter((value) => value >= index).mapValues((value) => value + index)
    stream.split().branch((value) => {
      sum += value
      return false
    })
  }).build()
  // Nothing fails and nothing is kept: the operators need no more than this.
  const environment = { failures: {} as Failures } as OperatorEnvironment
  const { sources } = buildTaskGraph(ways[one](built), [0], environment, { retries: undefined, cursor: undefined })
  const { outlet } = sources[0] as (typeof sources)[number]
  let least = Infinity
  for (let round = 0; round < rounds; round++) {
    const before = process.cpuUsage()
    for (let index = 0; index < records; index++) outlet.forward(FlowRecord.of('key', index, index) as Flow)
    const { user, system } = process.cpuUsage(before)
    least = Math.min(least, ((user + system) * 1_000) / records)
  }
  if (sum === 0) throw new Error('nothing came through')
  return Math.round(least)
}
