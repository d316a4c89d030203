// What of the JVM stands on transactions, against the embedded broker: Kafka Streams with exactly_once_v2, and the tools of Apache Kafka 4.3.1.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import type { Broker } from '../../framework/index.ts'
import { silentLogger } from '../../framework/ports/logger.ts'
import { SystemClock } from '../../framework/runtime/system-clock.ts'
import { kafka } from '../../plugins/kafka/index.ts'
import { type EmbeddedBroker, startBroker } from '../../plugins/kafka/server/index.ts'
import { append, at, BrokerBench, recordsOf } from '../contract/broker/bench.ts'
import { KafkaDistribution } from './distribution.ts'
import { buildWithMaven } from './maven.ts'

const distribution = KafkaDistribution.fetch()
const problems: string[] = []
let folder: string
let server: EmbeddedBroker
let bench: BrokerBench
let broker: Broker

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-exactly-once-'))
  problems.length = 0
  const logger = { log: (level: string, message: string) => void (level !== 'info' && problems.push(message)) }
  server = await startBroker({ dataFolder: join(folder, 'broker'), logger })
  bench = new BrokerBench({
    name: 'the embedded broker',
    open: async () =>
      kafka().brokers!.kafka!({ brokers: [server.address], clientId: 'test', logger: silentLogger, clock: new SystemClock() }),
  })
  broker = await bench.broker()
})
afterEach(async () => {
  await bench.clear()
  await server.close()
  rmSync(folder, { recursive: true, force: true })
  // Whatever these clients send, the broker knows it.
  expect(problems).toEqual([])
})

describe('Kafka Streams with exactly_once_v2', () => {
  it('counts every word once though it is killed in the middle', { timeout: 180_000 }, async () => {
    const lines = await bench.newTopic(broker, { partitions: 2 })
    const counts = await bench.newTopic(broker, { partitions: 2 })
    let written = 0
    const writeHundred = async (): Promise<void> => {
      const numbers = Array.from({ length: 100 }, (_, index) => written + index)
      const values = numbers.map((number) => `word-${number % 50} all other-${number % 7}`)
      await bench.write(
        broker,
        lines,
        values.map((value, index) => ({ partition: index % 2, key: null, value })),
      )
      written += 100
    }
    const killed = startWordCount(lines, counts)
    await untilOf(killed, 60_000, async () => {
      await writeHundred()
      return (await endOf(counts)) > 500
    })
    await writeHundred()
    killed.kill('SIGKILL')
    await once(killed, 'exit')

    const next = startWordCount(lines, counts)
    const fetcher = bench.fetcher(broker)
    fetcher.assign([at(counts, 0, 0), at(counts, 1, 0)])
    let counted = 0
    await untilOf(next, 60_000, async () => {
      counted += fetcher.take().flatMap(recordsOf).length
      return counted >= written * 3
    })
    next.stdin?.end()
    const [code] = await once(next, 'exit')
    expect(code).toBe(0)

    const perWord = new Map<string, number[]>()
    for (const [word, count] of await consoleConsumer(counts, 'read_committed')) {
      const known = perWord.get(word!) ?? []
      perWord.set(word!, known)
      known.push(Number(count))
    }
    expect(perWord.size).toBe(50 + 1 + 7)
    expect(perWord.get('all')).toHaveLength(written)
    // Of each word, in the order of its partition: 1, 2, 3 and so on.
    for (const [word, ones] of perWord) expect(ones, word).toEqual(ones.map((_, index) => index + 1))
  })
})

describe('the tools of Apache Kafka', () => {
  it('the console consumer sees of committed records what was committed, and everything if it is asked to', async () => {
    const topic = await bench.newTopic(broker)
    // Two of those consumers are started while a transaction is open, and each is a JVM.
    const producer = bench.producer(broker, { transactionalId: 'console', transactionTimeoutMs: 60_000 })
    const transactions = producer.transactions!
    await transactions.initialize()
    for (const key of ['kept', 'lost', 'kept too', 'open']) {
      await append(producer, topic, [{ key, value: '12345678' }])
      await producer.flush()
      if (key === 'lost') await transactions.abort()
      else if (key !== 'open') await transactions.commit({ groupId: '', generation: -1, memberId: '', offsets: [] })
    }
    const keys = async (level: string): Promise<readonly unknown[]> => (await consoleConsumer(topic, level)).map(([key]) => key)
    expect(await keys('read_committed')).toEqual(['kept', 'kept too'])
    expect(await keys('read_uncommitted')).toEqual(['kept', 'lost', 'kept too', 'open'])
    await transactions.abort()
    expect(await keys('read_committed')).toEqual(['kept', 'kept too'])
  })

  it('the performance test of producers writes in transactions, and all of it is there', async () => {
    const topic = await bench.newTopic(broker, { partitions: 3 })
    const wanted = ['--topic', topic, '--num-records', '20000', '--record-size', '100', '--throughput', '20000']
    const transactional = ['--transactional-id', 'performance', '--transaction-duration-ms', '50']
    const settings = ['--producer-props', `bootstrap.servers=${server.address}`]
    const run = await distribution.run('org.apache.kafka.tools.ProducerPerformance', [...wanted, ...transactional, ...settings])
    expect(run, run.stderr).toMatchObject({ code: 0 })
    const read = await bench.read(broker, topic, 20_000, { partitions: 3 })
    expect(read).toHaveLength(20_000)
    // Each transaction has left its end behind: there were several.
    expect(await endOf(topic, 3)).toBeGreaterThan(20_003)
  })
})

function startWordCount(lines: string, counts: string): ChildProcess {
  const classpath = buildWithMaven(join(import.meta.dirname, 'streams', 'pom.xml'), 'word-count-jvm')
  const options = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xmx256m', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error']
  const settings = [server.address, 'word-count', join(folder, 'state'), lines, counts]
  const child = spawn('java', [...options, '-cp', classpath, 'wordcount.WordCount', ...settings], { stdio: ['pipe', 'inherit', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

/** As `eventually`, with the time that a JVM takes; over at once if that ends. */
async function untilOf(child: ChildProcess, timeoutMs: number, isSo: () => Promise<boolean>): Promise<void> {
  const begun = performance.now()
  while (!(await isSo())) {
    if (child.exitCode !== null) throw new Error(`The word count ended with ${child.exitCode}.`)
    if (performance.now() - begun > timeoutMs) throw new Error(`The word count did not come so far within ${timeoutMs} ms.`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Key and value of all records, as kafka-console-consumer prints them; values are Java longs. */
async function consoleConsumer(topic: string, isolationLevel: string): Promise<readonly (readonly string[])[]> {
  const reading = ['--bootstrap-server', server.address, '--topic', topic, '--from-beginning', '--isolation-level', isolationLevel]
  const long = 'org.apache.kafka.common.serialization.LongDeserializer'
  const printing = ['--formatter-property', 'print.key=true', '--formatter-property', `value.deserializer=${long}`]
  const run = await distribution.run('org.apache.kafka.tools.consumer.ConsoleConsumer', [...reading, ...printing, '--timeout-ms', '3000'])
  const lines = run.stdout.trim().split('\n')
  expect(run.stderr).toContain(`Processed a total of ${lines.length} messages`)
  return lines.map((line) => line.split('\t'))
}

async function endOf(topic: string, partitions = 2): Promise<number> {
  const wanted = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }))
  return (await broker.admin.endOffsets(wanted, { readCommitted: true })).reduce((sum, { offset }) => sum + offset, 0)
}
