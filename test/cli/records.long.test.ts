// millrace produce and consume, as programs, against the embedded broker.

import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { type EmbeddedBroker, startBroker } from '../../plugins/kafka/server/index.ts'
import { Client } from '../e2e/client.ts'
import { endOf, millrace, projectOf, startMillrace } from './program.ts'

let broker: EmbeddedBroker
let MILLRACE_BROKERS: string

beforeAll(async () => {
  broker = await startBroker()
  MILLRACE_BROKERS = broker.address
  return () => broker.close()
})

async function topic(name: string, partitions = 1): Promise<string> {
  await new Client(broker.address).createTopics(partitions, name)
  return name
}

const run = (args: readonly string[], folder = projectOf({})) => millrace(args, folder, { MILLRACE_BROKERS })
const start = (args: readonly string[]) => startMillrace(args, projectOf({}), { MILLRACE_BROKERS })

describe('millrace produce and consume', () => {
  it('carry lines of a file into a topic and out again, the same bytes', async () => {
    const folder = projectOf({})
    const lines = Array.from(
      { length: 20_000 },
      (_, n) => `{"key":"k${n % 10}","value":{"n": ${n}},"timestamp":${1000 + n},"headers":{"h":"x"}}`,
    )
    writeFileSync(join(folder, 'in.jsonl'), `${lines.join('\n')}\n\n`)
    await topic('carried')
    expect(await run(['produce', 'carried', 'in.jsonl'], folder)).toEqual({
      code: 0,
      stdout: '20000 records written to carried.\n',
      stderr: '',
    })
    const { code, stdout, stderr } = await run(['consume', 'carried', '--from-start', '--max', '20000'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const withPlaces = lines.map((line, offset) => line.replace(/}$/, `,"partition":0,"offset":${offset}}`))
    expect(stdout.trimEnd().split('\n')).toEqual(withPlaces)
  })

  it('put keys where Java does, and records into the partition they name', async () => {
    const client = new Client(broker.address)
    await topic('spread', 5)
    const produced = start(['produce', 'spread'])
    produced.stdin?.end('{"key":"named","value":1,"partition":4}\n{"key":"a","value":2}\n{"key":"b","value":3}')
    expect(await endOf(produced)).toMatchObject({ code: 0, stdout: '3 records written to spread.\n' })
    await client.send('spread', [
      { key: 'a', value: 'kafkajs', timestamp: 1 },
      { key: 'b', value: 'kafkajs', timestamp: 1 },
    ])
    const records = await client.receive('spread', ({ length }) => length === 5)
    const places = (key: string) => records.filter((record) => record.key?.toString() === key).map(({ partition }) => partition)
    expect(places('named')).toEqual([4])
    for (const key of ['a', 'b']) expect(new Set(places(key)).size).toBe(1)
  })

  it('send a line on as soon as it comes, and end well on Ctrl-C', async () => {
    await topic('live')
    const consumer = start(['consume', 'live'])
    const consumed = endOf(consumer)
    await once(consumer.stderr!, 'data')
    const producer = start(['produce', 'live'])
    const produced = endOf(producer)
    producer.stdin?.write('{"key":null,"value":"first"}\n')
    const [text] = await once(consumer.stdout!, 'data')
    expect(text).toMatch(/^\{"key":null,"value":"first","timestamp":\d+,"partition":0,"offset":0\}\n$/)
    consumer.kill('SIGINT')
    expect(await consumed).toMatchObject({ code: 0, stderr: 'Waiting for records of live; Ctrl-C ends.\n' })
    producer.kill('SIGINT')
    expect(await produced).toMatchObject({ code: 1, stderr: 'error: Stopped: 1 record written, the rest was not read.\n' })
  })

  it('read from the configuration where Kafka is, unless they are told', async () => {
    await topic('configured')
    const config = (brokers: string) =>
      `import { defineConfig } from 'millrace'\nimport { at } from './at.ts'\nexport default defineConfig({ brokers: [at${brokers}] })\n`
    const folder = projectOf({
      'millrace.config.ts': config(''),
      'at.ts': `export const at: string = '${broker.address}'\n`,
      'in.jsonl': '{"value":1}',
    })
    expect(await millrace(['produce', 'configured', 'in.jsonl'], folder)).toMatchObject({ code: 0 })
    writeFileSync(join(folder, 'at.ts'), "export const at = '127.0.0.1:1'\n")
    expect(await millrace(['produce', 'configured', 'in.jsonl', '--brokers', broker.address], folder)).toMatchObject({ code: 0 })
    const nowhere = await millrace(['produce', 'configured', 'in.jsonl'], folder)
    expect(nowhere).toMatchObject({ code: 1, stderr: expect.stringContaining('No broker answers at 127.0.0.1:1 (nothing listens there).') })
    writeFileSync(join(folder, 'millrace.config.ts'), 'export default {')
    const broken = await millrace(['consume', 'configured'], folder)
    expect(broken).toMatchObject({ code: 1, stderr: expect.stringContaining('error: millrace.config.ts cannot be read: ') })
  })

  it('name the broken line: of a file nothing was written, of standard input what came before', async () => {
    await topic('broken')
    const lines = '{"value":1}\n{"value":2}\n\n{"value":}\n{"value":4}\n'
    const folder = projectOf({ 'in.jsonl': lines })
    const file = await run(['produce', 'broken', 'in.jsonl'], folder)
    expect(file).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^error: Line 4 of in.jsonl: it is not JSON: .*\. Nothing was written\.\n$/),
    })
    const producer = start(['produce', 'broken'])
    producer.stdin?.end(lines)
    const { code, stderr } = await endOf(producer)
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^error: Line 4 of standard input: .* 2 records before it were written\.\n$/),
    })
    const { stdout } = await run(['consume', 'broken', '--from-start', '--max', '2'])
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).value),
    ).toEqual([1, 2])
  })

  it('say what is not there', async () => {
    await topic('flights')
    const folder = projectOf({ 'in.jsonl': '{"value":1,"partition":3}' })
    const answers = [
      await run(['produce', 'flihgts', 'in.jsonl'], folder),
      await run(['consume', 'flihgts'], folder),
      await run(['produce', 'flights', 'none.jsonl'], folder),
      await run(['produce', 'flights', 'in.jsonl'], folder),
      await run(['consume'], folder),
      await run(['consume', 'flights', '--max', '0'], folder),
    ]
    expect(answers.map(({ code, stderr }) => `${code} ${stderr.split('\n')[0]}`)).toMatchInlineSnapshot(`
      [
        "1 error: There is no topic flihgts. Did you mean flights? \`millrace topic list\` shows all.",
        "1 error: There is no topic flihgts. Did you mean flights? \`millrace topic list\` shows all.",
        "1 error: none.jsonl cannot be read: ENOENT: no such file or directory, stat 'none.jsonl'",
        "1 error: Line 1 of in.jsonl: The topic flights has 1 partitions; there is no partition 3. Check the name and the number of partitions of the topic. 0 records before it were written.",
        "2 error: TOPIC (what to read) is missing.",
        "2 error: --max: expected an integer greater than or equal to 1, not 0.",
      ]
    `)
    expect(readFileSync(join(folder, 'in.jsonl'), 'utf8')).toBe('{"value":1,"partition":3}')
  })

  it('end without a word when the reader has had enough', async () => {
    await topic('much')
    const folder = projectOf({ 'in.jsonl': `{"value":"${'x'.repeat(100)}"}\n`.repeat(20_000) })
    await run(['produce', 'much', 'in.jsonl'], folder)
    const consumer = start(['consume', 'much', '--from-start'])
    const ended = endOf(consumer)
    await once(consumer.stdout!, 'data')
    consumer.stdout?.destroy()
    expect(await ended).toMatchObject({ code: 0, stderr: '' })
  })
})
