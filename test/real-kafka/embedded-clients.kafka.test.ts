// Other people's clients against the embedded broker: kcat (librdkafka) and the tools of Apache Kafka 4.3.1 (the JVM client).

import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EmbeddedBroker, startBroker } from '../../plugins/kafka/server/index.ts'
import { type JavaRun, KafkaDistribution } from './distribution.ts'

let broker: EmbeddedBroker
const problems: string[] = []

beforeAll(async () => {
  broker = await startBroker({ logger: { log: (level, message) => void (level !== 'info' && problems.push(message)) } })
})
afterAll(async () => {
  await broker.close()
  // Whatever these clients send, the broker knows it.
  expect(problems).toEqual([])
})

const count = 5000
const lines = Array.from({ length: count }, (_, index) => `key-${index % 100}\tvalue ${index} of the test`)
const sorted = (text: string): readonly string[] => text.trim().split('\n').sort()

describe('the tools of Apache Kafka', () => {
  const distribution = KafkaDistribution.fetch()

  async function tool(mainClass: string, args: readonly string[], input = ''): Promise<JavaRun> {
    const run = await distribution.run(`org.apache.kafka.tools.${mainClass}`, ['--bootstrap-server', broker.address, ...args], input)
    expect(run, `${mainClass} ${args.join(' ')}\n${run.stderr}`).toMatchObject({ code: 0 })
    return run
  }

  async function topics(...args: readonly string[]): Promise<string> {
    return (await tool('TopicCommand', args)).stdout
  }

  async function groups(...args: readonly string[]): Promise<string> {
    return (await tool('consumer.group.ConsumerGroupCommand', args)).stdout
  }

  it('kafka-topics creates, lists, describes and deletes', async () => {
    await topics(
      '--create',
      '--topic',
      'made',
      '--partitions',
      '3',
      '--config',
      'retention.ms=86400000',
      '--config',
      'cleanup.policy=compact',
    )
    expect(await topics('--list')).toContain('made')
    const described = await topics('--describe', '--topic', 'made')
    expect(described).toMatch(/PartitionCount: 3\s+ReplicationFactor: 1\s+Configs: cleanup.policy=compact,retention.ms=86400000/)
    expect(described).toMatch(/Partition: 2\s+Leader: 1\s+Replicas: 1\s+Isr: 1/)
    await topics('--delete', '--topic', 'made')
    expect(await topics('--list')).not.toContain('made')
  })

  it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])('console producer and consumer carry records with compression %s', async (codec) => {
    const topic = `console-${codec}`
    await topics('--create', '--topic', topic, '--partitions', '2')
    const keys = ['--reader-property', 'parse.key=true']
    await tool('ConsoleProducer', ['--topic', topic, '--compression-codec', codec, ...keys], `${lines.join('\n')}\n`)
    const printed = ['--formatter-property', 'print.key=true', '--max-messages', String(count), '--timeout-ms', '30000']
    const read = await tool('consumer.ConsoleConsumer', ['--topic', topic, '--from-beginning', '--group', `group-${codec}`, ...printed])
    expect(sorted(read.stdout)).toEqual([...lines].sort())
    expect(await groups('--list')).toContain(`group-${codec}`)
    const described = await groups('--describe', '--group', `group-${codec}`)
    const lag = [...described.matchAll(new RegExp(`^group-${codec}\\s+${topic}\\s+\\d+\\s+(\\d+)\\s+(\\d+)\\s+(\\d+)`, 'gm'))]
    expect(lag).toHaveLength(2)
    expect(lag.reduce((sum, [, position]) => sum + Number(position), 0)).toBe(count)
    expect(lag.every(([, , , behind]) => behind === '0')).toBe(true)
  })

  it('kafka-consumer-groups resets offsets, also by time', async () => {
    await topics('--create', '--topic', 'reset')
    await tool('ConsoleProducer', ['--topic', 'reset'], 'one\ntwo\nthree\n')
    const reset = ['--group', 'resetter', '--topic', 'reset', '--reset-offsets', '--execute']
    expect(await groups(...reset, '--to-offset', '2')).toMatch(/resetter\s+reset\s+0\s+2/)
    expect(await groups(...reset, '--to-datetime', '2020-01-01T00:00:00.000')).toMatch(/resetter\s+reset\s+0\s+0/)
    expect(await groups('--describe', '--group', 'resetter')).toMatch(/resetter\s+reset\s+0\s+0\s+3\s+3/)
    await groups('--delete', '--group', 'resetter')
    expect(await groups('--list')).not.toContain('resetter')
  })

  it('kafka-configs changes the settings of a topic', async () => {
    await topics('--create', '--topic', 'settings', '--config', 'retention.ms=1000')
    const configs = async (...args: readonly string[]): Promise<string> => {
      const all = ['--bootstrap-server', broker.address, '--entity-type', 'topics', '--entity-name', 'settings', ...args]
      const run = await distribution.run('kafka.admin.ConfigCommand', all)
      expect(run, run.stderr).toMatchObject({ code: 0 })
      return run.stdout
    }
    await configs('--alter', '--add-config', 'cleanup.policy=[compact,delete]', '--delete-config', 'retention.ms')
    const described = await configs('--describe')
    expect(described).toContain('cleanup.policy=compact,delete')
    expect(described).not.toContain('retention.ms=1000')
  })

  it('kafka-get-offsets sees where a partition begins and ends, and what kafka-delete-records deletes', async () => {
    await topics('--create', '--topic', 'offsets')
    await tool('ConsoleProducer', ['--topic', 'offsets'], 'one\ntwo\nthree\n')
    const offsets = async (time: string): Promise<string> => {
      return (await tool('GetOffsetShell', ['--topic', 'offsets', '--time', time])).stdout.trim()
    }
    expect(await offsets('earliest')).toBe('offsets:0:0')
    expect(await offsets('latest')).toBe('offsets:0:3')
    expect(await offsets('max-timestamp')).toMatch(/^offsets:0:[012]$/)
    const file = join(mkdtempSync(join(tmpdir(), 'millrace-offsets-')), 'offsets.json')
    writeFileSync(file, JSON.stringify({ version: 1, partitions: [{ topic: 'offsets', partition: 0, offset: 2 }] }))
    await tool('DeleteRecordsCommand', ['--offset-json-file', file])
    rmSync(dirname(file), { recursive: true })
    expect(await offsets('earliest')).toBe('offsets:0:2')
  })
})

const kcat = kcatProblem()
if (kcat !== undefined) console.warn(`kcat is not tested: ${kcat}`)

/** Why kcat cannot be run; undefined if it can. Installs it where that is possible. */
function kcatProblem(): string | undefined {
  const runs = (command: string, ...args: readonly string[]): boolean => spawnSync(command, args, { stdio: 'ignore' }).status === 0
  if (runs('kcat', '-V')) return undefined
  if (!runs('apt-get', '--version')) return 'it is not installed, and there is no apt-get to install it with'
  if (runs('apt-get', 'update') && runs('apt-get', 'install', '--yes', 'kcat') && runs('kcat', '-V')) return undefined
  return 'it is not installed, and `apt-get install kcat` failed'
}

describe.skipIf(kcat !== undefined)('kcat', () => {
  const run = (args: readonly string[], input = ''): Promise<string> => {
    return new Promise((resolve, reject) => {
      const child = spawn('kcat', ['-b', broker.address, ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
      let stdout = ''
      let stderr = ''
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout += text
      })
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr += text
      })
      child.on('error', reject)
      child.on('close', (code) => (code === 0 ? resolve(stdout) : reject(new Error(`kcat ${args.join(' ')}: ${stderr}`))))
      child.stdin.end(input)
    })
  }
  const own = async (topic: string): Promise<void> => {
    await KafkaDistribution.fetch().run('org.apache.kafka.tools.TopicCommand', [
      ...['--bootstrap-server', broker.address],
      ...['--create', '--topic', topic, '--partitions', '2'],
    ])
  }

  it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])('produces and consumes with compression %s', async (codec) => {
    const topic = `kcat-${codec}`
    await own(topic)
    await run(['-P', '-t', topic, '-K', '\t', '-z', codec], `${lines.join('\n')}\n`)
    const read = await run(['-C', '-t', topic, '-o', 'beginning', '-e', '-q', '-f', '%k\t%s\n'])
    expect(sorted(read)).toEqual([...lines].sort())
  })

  it('produces idempotently', async () => {
    await own('kcat-idempotent')
    await run(['-P', '-t', 'kcat-idempotent', '-K', '\t', '-X', 'enable.idempotence=true'], `${lines.join('\n')}\n`)
    const read = await run(['-C', '-t', 'kcat-idempotent', '-o', 'beginning', '-e', '-q', '-f', '%k\t%s\n'])
    expect(sorted(read)).toEqual([...lines].sort())
  })

  it('consumes in a group, and a second run goes on where the first stopped', async () => {
    await own('kcat-group')
    await run(['-P', '-t', 'kcat-group'], 'one\ntwo\n')
    const consume = ['-X', 'auto.offset.reset=earliest', '-q', '-e', '-f', '%s\n', '-G', 'kcat-group', 'kcat-group']
    expect(sorted(await run(consume))).toEqual(['one', 'two'])
    await run(['-P', '-t', 'kcat-group'], 'three\n')
    expect(sorted(await run(consume))).toEqual(['three'])
  })

  it('lists topics and finds offsets by time', async () => {
    await own('kcat-times')
    await run(['-P', '-t', 'kcat-times', '-p', '1'], 'one\ntwo\n')
    expect(await run(['-L', '-t', 'kcat-times'])).toMatch(/topic "kcat-times" with 2 partitions/)
    expect(await run(['-Q', '-t', 'kcat-times:1:1'])).toMatch(/kcat-times \[1\] offset 0/)
    expect(await run(['-Q', '-t', 'kcat-times:1:-1'])).toMatch(/kcat-times \[1\] offset 2/)
  })
})
