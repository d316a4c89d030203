// millrace dev, as a program in real projects. Child processes are looked for in /proc, so these tests are for Linux.

import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { startBroker } from '../../plugins/kafka/server/index.ts'
import { Client } from '../e2e/client.ts'
import { DevProgram, lives } from './dev-program.ts'
import { millrace, projectOf } from './program.ts'

// Compiled and started several times, and tests share the processor.
vi.setConfig({ testTimeout: 180_000 })

const line = (text: string): string => `${JSON.stringify({ key: null, value: text })}\n`

function wordCount(files: Readonly<Record<string, string>> = {}): string {
  const folder = projectOf('word-count')
  for (const [file, text] of Object.entries({ 'dev/lines.jsonl': line('to be or not to be'), ...files })) {
    mkdirSync(join(folder, file, '..'), { recursive: true })
    writeFileSync(join(folder, file), text)
  }
  return folder
}

/** A function of a topology file. */
const say =
  'const { console } = globalThis as unknown as { console: { error(text: string): void } }\nconst say = (text: string): void => console.error(text)\n'

describe('millrace dev', () => {
  it('shows results by itself, goes on with its state at every edit, and ends well on Ctrl-C', async () => {
    const folder = wordCount()
    const dev = new DevProgram(folder)
    const first = await dev.shows('word-count runs, ', 'word-counts to {"count":2}', 'word-counts not {"count":1}')
    expect(first).toMatch(/^Broker at 127\.0\.0\.1:\d+, data in \.millrace\/broker\. Ctrl-C ends\.$/m)
    expect(first).toMatch(/^word-count: lines → word-counts$/m)
    expect(first).toMatch(/^dev\/lines\.jsonl: 1 record written to lines\.$/m)

    const file = 'topologies/word-count.ts'
    dev.edit(file, '({ count })', '({ count, twice: 2 * count })')
    await dev.shows(/^rebuilt word-count in \d+\.\d s\.$/m)
    dev.append('dev/lines.jsonl', line('to'))
    await dev.shows('word-counts to {"count":3,"twice":6}')

    dev.edit(file, '2 * count', '2 * coutn')
    const error = await dev.shows('What runs is the last version without errors.')
    expect(error).toMatch(/^topologies\/word-count\.ts:14:\d+ - error TS2552: .*'count'\?$/m)
    expect(error).toContain('1 error, 0 warnings.')
    dev.append('dev/lines.jsonl', line('to'))
    await dev.shows('word-counts to {"count":4,"twice":8}')
    dev.edit(file, '2 * coutn', '2 * count')
    await dev.shows('Nothing to restart: what runs is the same program')
    expect(await dev.stop()).toBe(0)
    expect(await dev.shows()).toMatch(/Stopping …\nStopped; everything is committed\.\n$/)

    const again = new DevProgram(folder, '--quiet')
    await again.shows('dev/lines.jsonl was written to lines before. `millrace dev --reset` deletes', 'word-count runs, ')
    again.append('dev/lines.jsonl', line('to'))
    expect(await again.shows('dev/lines.jsonl: 1 record written to lines.')).not.toContain('word-counts to')
    expect(await again.stop()).toBe(0)

    const anew = new DevProgram(folder, '--reset')
    expect(await anew.shows('word-counts to {"count":5,"twice":10}')).toContain('4 records written to lines.')
    expect(await anew.stop()).toBe(0)
  })

  it('leaves no process behind when it is killed, not even one in an endless loop, and starts again', async () => {
    const folder = wordCount()
    const dev = new DevProgram(folder)
    await dev.shows('word-count runs, ', 'word-counts to {"count":2}')
    dev.edit('topologies/word-count.ts', 'line.toLowerCase()', "(line === 'loop' ? forever() : line).toLowerCase()")
    dev.append('topologies/word-count.ts', `\nfunction forever(): string {\n  say('looping')\n  for (;;);\n}\n${say}`)
    await dev.shows('rebuilt word-count in ')
    dev.append('dev/lines.jsonl', line('loop'))
    await dev.shows('word-count | looping')
    const children = dev.children()
    expect(children.length).toBeGreaterThanOrEqual(1)
    await dev.kill()
    await vi.waitUntil(() => !children.some(lives), { timeout: 30_000 })

    const again = new DevProgram(folder)
    await again.shows('word-count | looping')
    // It is in the loop again, and does not hear that it should stop.
    expect(await again.stop()).toBe(0)
    expect(await again.shows()).toContain('word-count did not stop, and was killed')

    const mended = new DevProgram(folder)
    mended.edit('topologies/word-count.ts', 'for (;;);', "return 'mended'")
    await mended.shows('word-counts mended {"count":1}')
    expect(await mended.stop()).toBe(0)
  })

  it('starts again what failed at the next edit, and what was killed by itself', async () => {
    const folder = wordCount()
    const dev = new DevProgram(folder)
    await dev.shows('word-counts to {"count":2}', 'word-count runs, ')
    dev.edit('topologies/word-count.ts', 'line.toLowerCase()', 'checked(line).toLowerCase()')
    dev.append(
      'topologies/word-count.ts',
      "\nfunction checked(line: string): string {\n  if (line === 'bad') throw new Error('a bad line')\n  return line\n}\n",
    )
    await dev.shows('rebuilt word-count in ')
    dev.append('dev/lines.jsonl', line('bad'))
    const failed = await dev.shows('error: word-count failed (exit code 1). It starts again at the next edit.')
    expect(failed).toMatch(/^word-count \| .* a bad line/m)
    expect(failed).toContain('topologies/word-count.ts:')
    dev.edit('topologies/word-count.ts', "throw new Error('a bad line')", "return 'good'")
    await dev.shows('rebuilt word-count in ', 'word-counts good {"count":1}')

    process.kill(dev.app(), 'SIGKILL')
    await dev.shows('error: word-count was killed (SIGKILL). It starts again in 0.5 s.')
    dev.append('dev/lines.jsonl', line('good'))
    await dev.shows('word-counts good {"count":2}')
    expect(await dev.stop()).toBe(0)
  })

  it('says how to go on where an edit has made the state unreadable', async () => {
    const folder = wordCount()
    const dev = new DevProgram(folder)
    await dev.shows('word-counts to {"count":2}', 'word-count runs, ')
    dev.edit('topologies/word-count.ts', '.count()', '.aggregate(() => ({ times: 0 }), ({ times }) => ({ times: times + 1 }))')
    await dev.shows('rebuilt word-count in ')
    dev.append('dev/lines.jsonl', line('to'))
    await dev.shows('error: word-count failed (exit code 1). It starts again at the next edit. `millrace dev --reset` starts with new')
    expect(await dev.stop()).toBe(0)
  })

  it('runs on a Kafka of the user, with topics as they are there, and leaves the embedded broker alone', async () => {
    const own = await startBroker()
    onTestFinished(() => own.close())
    const client = new Client(own.address)
    await client.createTopics(3, 'lines')
    const folder = wordCount()
    const dev = new DevProgram(folder, '--brokers', own.address)
    await dev.shows(
      `Broker at ${own.address}. Ctrl-C ends.`,
      'Made the topic word-counts.',
      'word-counts to {"count":2}',
      'word-count runs, ',
    )
    expect((await client.topicNames()).sort()).toContain('word-counts')
    expect(readdirSync(join(folder, '.millrace')).sort()).toEqual(['dev', 'dev.lock'])
    expect(await dev.stop()).toBe(0)
    // What is on one Kafka says nothing of another.
    const embedded = new DevProgram(folder)
    await embedded.shows('1 record written to lines.', 'word-counts to {"count":2}')
    expect(await embedded.stop()).toBe(0)
  })

  it('ends at once on a second Ctrl-C, and leaves no process', async () => {
    const dev = new DevProgram(wordCount())
    await dev.shows('word-count runs, ')
    const children = dev.children()
    process.kill(dev.app(), 'SIGSTOP')
    const ended = dev.stop()
    await dev.shows('Stopping …')
    await dev.stop()
    expect(await ended).toBe(null)
    for (const child of children) if (lives(child)) process.kill(child, 'SIGCONT')
    await vi.waitUntil(() => !children.some(lives), { timeout: 30_000 })
  })

  it('waits for a topology, takes new ones and lets go of deleted ones; what needs no broker ends, and runs again at an edit', async () => {
    const folder = projectOf({ 'dev/nothing.jsonl': '' })
    const dev = new DevProgram(folder)
    await dev.shows('There is no topology file in topologies/.', 'Waiting for one.')
    const sums = `import { topology } from 'millrace'
export default topology('sums', (builder) => {
  builder.fromElements([['a', 1]]).mapValues((value) => value + 1).print()
})
`
    const copy = `import { topology } from 'millrace'
import { prefix } from '../prefix.ts'
export default topology('copy', (builder) => {
  builder.stream<string, string>('in').mapValues((value) => prefix + value).to('out')
})
`
    mkdirSync(join(folder, 'topologies'))
    writeFileSync(join(folder, 'topologies', 'sums.ts'), sums)
    await dev.shows('sums | (a,2)', 'sums ended.')
    dev.edit('topologies/sums.ts', 'value + 1', 'value + 10')
    await dev.shows('sums | (a,11)', 'sums ended.')

    writeFileSync(join(folder, 'topologies', 'copy.ts'), copy)
    await dev.shows("error TS2307: Cannot find module '../prefix.ts'")
    writeFileSync(join(folder, 'dev', 'in.jsonl'), '{"key":"k","value":"v"}\n')
    writeFileSync(join(folder, 'prefix.ts'), "export const prefix = '> '\n")
    const started = await dev.shows('started copy in ', 'Made the topics in, out.', 'out k > v')
    expect(started).not.toContain('sums |')
    rmSync(join(folder, 'topologies', 'copy.ts'))
    await dev.shows('copy is gone; its app was stopped.')
    rmSync(join(folder, 'topologies', 'sums.ts'))
    await dev.shows('There is no topology file in topologies/.', 'sums is gone; its app was stopped.')
    expect(await dev.stop()).toBe(0)
  })

  it('says of bad input what is wrong, once, and goes on', async () => {
    const folder = wordCount({ 'dev/lines.jsonl': `${line('to be')}{"key":null}\n`, 'dev/linse.jsonl': line('x') })
    const dev = new DevProgram(folder, '--partitions', '2')
    await dev.shows(
      'warn: Line 2 of dev/lines.jsonl: it has no value; "value": null says that the key is deleted. Nothing of it was written; mend the line and save.\n',
      'warn: dev/linse.jsonl is not used: no topology reads the topic linse. Did you mean lines?\n',
      'word-count runs, ',
    )
    writeFileSync(join(folder, 'dev', 'lines.jsonl'), `${line('to be')}{"key":null,"value":"x","partition":2}\n`)
    expect(await dev.shows('warn: Line 2 of dev/lines.jsonl: there is no partition 2: lines has 2.')).not.toContain('linse')
    writeFileSync(join(folder, 'dev', 'lines.jsonl'), line('to be'))
    await dev.shows('word-counts be {"count":1}')
    writeFileSync(join(folder, 'dev', 'lines.jsonl'), line('not to be'))
    await dev.shows(
      'warn: dev/lines.jsonl has changed in lines that were written to lines before, and records cannot be taken back. `millrace dev --reset`',
    )
    const second = await millrace(['dev'], folder)
    expect(second).toEqual({
      code: 1,
      stdout: '',
      stderr: `error: millrace dev runs in this project already, as process ${dev.pid}. Stop that one first, or use it: it takes every edit.\n`,
    })
    expect(await dev.stop()).toBe(0)
  })

  it('refuses with one message what it cannot begin with', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void taken.close())
    await vi.waitUntil(() => taken.listening)
    const { port } = taken.address() as { port: number }
    const folder = projectOf({ 'topologies/none.txt': '' })
    const unwritable = projectOf({ '.millrace': 'a file' })
    const answers = [
      await millrace(['dev', '--port', String(port)], folder),
      await millrace(['dev', '--brokers', '127.0.0.1:1'], folder),
      await millrace(['dev', '--brokers', '127.0.0.1:1', '--reset'], folder),
      await millrace(['dev', '--partitions', '0'], folder),
      await millrace(['dev'], unwritable),
    ]
    const shown = answers.map(({ code, stdout, stderr }) =>
      `${code} ${stdout}${stderr.trimEnd()}`.replaceAll(String(port), 'PORT').replaceAll(unwritable, '…'),
    )
    expect(shown).toMatchInlineSnapshot(`
      [
        "1 error: Port PORT is in use. Choose another with --port, or leave it out to take the next that is free.",
        "1 error: No broker answers at 127.0.0.1:1 (nothing listens there). Start Kafka (or \`millrace broker\`) there, or set MILLRACE_BROKERS to where it is.",
        "2 error: --reset deletes what the embedded broker keeps, and with --brokers there is none. Delete topics of your own Kafka with \`millrace topic delete\`.",
        "2 error: --partitions: expected an integer greater than or equal to 1, not 0.
      See more with --help",
        "1 error: .millrace cannot be written: EEXIST: file already exists, mkdir '…/.millrace'. Give this user write access to the folder of the project.",
      ]
    `)
  })
})
