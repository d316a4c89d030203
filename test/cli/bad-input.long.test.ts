// Every command with what it cannot use: wrong words, no broker, a port that is no Kafka, files that are not there, output that nobody takes. Each ends with one
// message and the exit code that --help names, and nothing is half done.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, openSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { join, resolve } from 'node:path'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { type Ended, endOf, millrace, projectOf, startMillrace } from './program.ts'

// Topologies are compiled, and tests share the processor.
vi.setConfig({ testTimeout: 120_000 })

const bin = join(resolve(import.meta.dirname, '..', '..'), 'build', 'cli', 'bin.js')

function messageOf({ stdout, stderr }: Ended): string {
  const message = stdout + stderr
  expect(message).not.toMatch(/^ +at .+:\d+:\d+/m)
  return message
}

describe('wrong words', () => {
  it.each([
    ['broker', '--port abc', '--port: expected an integer, not abc.'],
    ['broker', '--port 70000', '--port: expected an integer less than or equal to 65535, not 70000.'],
    ['broker', 'extra', 'extra is one argument too many.'],
    ['build', '--uot dist', 'There is no option --uot. Did you mean --out?'],
    ['build', 'extra', 'extra is one argument too many.'],
    ['build', '--out', 'The option --out needs a value.'],
    ['check', 'one two', 'one, two are arguments too many.'],
    ['check', '--hlep', 'There is no option --hlep. Did you mean --help?'],
    ['client', 'one two', 'two is one argument too many.'],
    ['client', '--uot x', 'There is no option --uot. Did you mean --out?'],
    ['completion', '', 'SHELL (bash, zsh, fish) is missing.'],
    ['completion', 'bash extra', 'extra is one argument too many.'],
    ['dev', 'extra', 'extra is one argument too many.'],
    ['dev', '--port x', '--port: expected an integer, not x.'],
    ['dev', '--partitions 0', '--partitions: expected an integer greater than or equal to 1, not 0.'],
    ['consume', '', 'TOPIC (what to read) is missing.'],
    ['consume', 't --max 0', '--max: expected an integer greater than or equal to 1, not 0.'],
    ['describe', '--format mermiad', '--format is one of text, mermaid, json, not mermiad. Did you mean mermaid?'],
    ['describe', 'one two', 'two is one argument too many.'],
    ['check', '--wacth', 'There is no option --wacth. Did you mean --watch?'],
    ['diff', 'one', 'NEW (the same of what is built now) is missing.'],
    ['dlq', 'lits', 'There is no command dlq lits. Did you mean dlq list?'],
    ['dlq show', '', 'Say which topic holds the dead letters, or set deadLetterTopic in millrace.config.ts.'],
    ['state', 'lits', 'There is no command state lits. Did you mean state list?'],
    ['state dump', 's --app localhost:1 --dir .', '--app and --dir do not go together.'],
    ['state get', 's k --topology t', '--topology goes with --dir.'],
    ['state get', '', 'STORE (the store; `millrace state list` shows all) and KEY (the key) are missing.'],
    ['state migrate', 'one two', 'two is one argument too many.'],
    ['state scan', 'x y z', 'y, z are arguments too many.'],
    ['group', 'lits', 'There is no command group lits. Did you mean group list?'],
    ['group describe', '', 'GROUP (the group; of an app: its application id) is missing.'],
    ['group list', 'extra', 'extra is one argument too many.'],
    ['new', 'Upper', 'Upper cannot be the name of a project'],
    ['new', 'x --template word-cuont', 'There is no template word-cuont. Did you mean word-count?'],
    ['produce', '', 'TOPIC (where to; it has to be there) is missing.'],
    ['produce', 'a b c', 'c is one argument too many.'],
    ['topic create', '', 'NAME (what it is called) is missing.'],
    ['topic create', 'x', 'The option --partitions is missing.'],
    ['topic create', 'x --partitions 0', '--partitions: expected an integer greater than or equal to 1, not 0.'],
    ['topic create', 'x --partitions 1 --set a', 'a is no setting; write it as retention.ms=-1.'],
    ['topic delete', '', 'NAME (the topic) is missing.'],
    ['topic describe', '--jsn', 'There is no option --jsn. Did you mean --json?'],
    ['topic list', '--brokers nonsense', 'nonsense is no address of a broker.'],
    ['topic list', '--brokers=', '--brokers must be host:port, such as localhost:9092.'],
    ['topc', '--help', 'There is no command topc. Did you mean topic?'],
    ['--verison', '', 'There is no option --verison. Did you mean --version?'],
  ])('%s %s', async (command, rest, problem) => {
    const folder = projectOf({})
    const before = readdirSync(folder)
    const ended = await millrace(`${command} ${rest}`.trim().split(' '), folder)
    expect(ended).toMatchObject({ code: 2, stdout: '' })
    expect(messageOf(ended)).toContain(`error: ${problem}`)
    expect(readdirSync(folder)).toEqual(before)
  })
})

describe('without Kafka', () => {
  let webServer: Server
  let silent: Server
  beforeAll(async () => {
    webServer = createServer((socket) => socket.on('error', () => {}).end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    silent = createServer((socket) => void socket.on('error', () => {}))
    for (const server of [webServer, silent]) await once(server.listen(0, '127.0.0.1'), 'listening')
    return () => {
      webServer.close()
      silent.close()
    }
  })
  const addressOf = (server: Server): string => `127.0.0.1:${(server.address() as AddressInfo).port}`

  it.each([
    'check --cluster',
    'consume t',
    'dlq list t',
    'dlq replay t',
    'dlq show t',
    'group describe g',
    'group list',
    'produce t in.jsonl',
    'produce t',
    'topic create t --partitions 1',
    'topic delete t',
    'topic describe t',
    'topic list',
  ])('%s says that no broker answers', async (line) => {
    const ended = await millrace(line.split(' '), projectOf({ 'in.jsonl': '{"value":1}' }), { MILLRACE_BROKERS: '127.0.0.1:1' })
    expect(ended).toMatchObject({ code: 1, stdout: '' })
    expect(messageOf(ended)).toBe(
      'error: No broker answers at 127.0.0.1:1 (nothing listens there). Start Kafka (or `millrace broker`) there, or set MILLRACE_BROKERS to where it is.\n',
    )
  })

  it('state migrate says that no broker answers, as the app does', async () => {
    const folder = projectOf('word-count')
    expect(await millrace(['build'], folder)).toMatchObject({ code: 0 })
    const ended = await millrace(['state', 'migrate'], folder, { MILLRACE_BROKERS: '127.0.0.1:1' })
    expect(ended).toMatchObject({ code: 1, stdout: '' })
    expect(messageOf(ended)).toContain('No broker answers at 127.0.0.1:1 (nothing listens there).')
  })

  it('says within seconds that something else answers, or that nobody does', async () => {
    const started = performance.now()
    const answers = await Promise.all(
      [addressOf(webServer), addressOf(silent), 'no-such-host.invalid:9092'].map((address) =>
        millrace(['topic', 'list', '--brokers', address], projectOf({})),
      ),
    )
    expect(performance.now() - started).toBeLessThan(25_000)
    expect(answers.map(({ code }) => code)).toEqual([1, 1, 1])
    expect(answers.map(messageOf)).toEqual([
      expect.stringContaining(`What answers at ${addressOf(webServer)} does not speak the Kafka protocol.`),
      expect.stringContaining(`What answers at ${addressOf(silent)} does not speak the Kafka protocol.`),
      expect.stringContaining('No broker answers at no-such-host.invalid:9092 (there is no such host).'),
    ])
  })

  it.each(['topic list', 'consume t', 'produce t'])('ends at once on Ctrl-C while %s connects', async (line) => {
    const accepted = once(silent, 'connection')
    const started = startMillrace([...line.split(' '), '--brokers', addressOf(silent)], projectOf({}))
    const ended = endOf(started)
    await accepted
    started.kill('SIGINT')
    expect(await ended).toEqual({ code: null, stdout: '', stderr: '' })
    expect(started.signalCode).toBe('SIGINT')
  })
})

describe('files and folders', () => {
  it('build leaves all of the new build or none of it, at whatever moment Ctrl-C comes', async () => {
    const folder = projectOf('tumbling-sum')
    const output = join(folder, 'dist', 'tumbling-sum')
    const begun = performance.now()
    expect(await millrace(['build'], folder)).toMatchObject({ code: 0 })
    const wholeMs = performance.now() - begun
    const files = readdirSync(output).sort()
    const moments = 12
    for (let moment = 0; moment < moments; moment++) {
      rmSync(join(folder, 'dist'), { recursive: true, force: true })
      const started = startMillrace(['build'], folder)
      const timer = setTimeout(() => started.kill('SIGINT'), (wholeMs * (moment + 1)) / moments)
      await endOf(started)
      clearTimeout(timer)
      expect(started.exitCode === 0 || started.signalCode === 'SIGINT', `exit code ${started.exitCode}`).toBe(true)
      if (existsSync(output)) expect(readdirSync(output).sort(), `after ${moment + 1} of ${moments}`).toEqual(files)
      else expect(started.signalCode).toBe('SIGINT')
    }
  }, 120_000)

  it('build leaves the last build whole where it cannot write, or where a file may not become so large', async () => {
    const folder = projectOf('tumbling-sum')
    expect(await millrace(['build'], folder)).toMatchObject({ code: 0 })
    const app = join(folder, 'dist', 'tumbling-sum')
    const contents = () => readdirSync(app).map((file) => [file, readFileSync(join(app, file), 'utf8')])
    const before = contents()
    // A disk that is full in the middle of a file: the limit is in blocks of 512 bytes.
    const limited = spawn('sh', ['-c', 'ulimit -f 200; exec "$0" "$@"', process.execPath, bin, 'build'], { cwd: folder })
    const full = await endOf(limited)
    expect(full.code).toBe(1)
    expect(messageOf(full)).toContain('The build cannot be written: EFBIG: file too large')
    writeFileSync(join(folder, 'file'), '')
    const unwritable = await millrace(['build', '--out', 'file'], folder)
    expect(unwritable.code).toBe(1)
    expect(messageOf(unwritable)).toContain('What was built before is as it was.')
    expect(contents()).toEqual(before)
  })

  it('broker names a folder that it cannot use', async () => {
    const ended = await millrace(['broker', '--port', '0', '--data', 'file'], projectOf({ file: '' }))
    expect(ended.code).toBe(1)
    expect(messageOf(ended)).toMatch(/^error: The data folder .*file cannot be used: /)
  })

  it('client tells what it is to be made of, and where it cannot be written', async () => {
    const folder = projectOf({
      'other.json': '{}',
      'dist/a/manifest.json': '{"version":1,"topology":"a","stores":[]}',
      'topologies/.keep': '',
    })
    const ended = async (...words: string[]) => {
      const { code, stdout, stderr } = await millrace(['client', ...words], folder)
      expect(stdout).toBe('')
      return `${code} ${stderr}`
    }
    expect(await ended('none/manifest.json')).toBe(
      '1 error: There is no manifest.json at none/manifest.json. Name a built topology, or run `millrace build` first.\n',
    )
    expect(await ended('other.json')).toBe('1 error: other.json is no manifest of a topology, or is of another version of Millrace.\n')
    expect(await ended('dist/a')).toBe('1 error: The topology a has no store that can be read.\n')
    writeFileSync(
      join(folder, 'dist/a/manifest.json'),
      '{"version":1,"topology":"a","stores":[{"name":"s","kind":"keyValue","key":"string","value":"long"}]}',
    )
    expect(await ended('dist/a', '--out', 'other.json/client.ts')).toMatch(/^1 error: other.json\/client.ts cannot be written: /)
    expect((await millrace(['client', 'dist/a'], folder)).stdout).toContain(
      'readonly s: TextTableStore<string, number, Row<string, number>>',
    )
  })

  it.each(['topic list', 'consume t', 'produce t', 'group list'])('%s says what is wrong with the configuration', async (line) => {
    const ended = await millrace(line.split(' '), projectOf({ 'millrace.config.ts': 'export default { borkers: [] }' }))
    expect(ended.code).toBe(2)
    expect(messageOf(ended)).toContain('There is no setting borkers. Did you mean brokers?')
  })

  it('run tells what is built, and hands its options on', async () => {
    const folder = projectOf({ 'dist/words/app.mjs': 'console.log(JSON.stringify(process.argv.slice(2)))' })
    expect(await millrace(['run', 'wrods'], folder)).toMatchObject({
      code: 1,
      stderr: 'error: No topology wrods is built. Did you mean words? In dist/: words.\n',
    })
    expect(await millrace(['run', 'words', '--help', '--', '-x'], folder)).toMatchObject({ code: 0, stdout: '["--help","--","-x"]\n' })
    expect(await millrace(['run', '--until-end'], folder)).toMatchObject({ code: 0, stdout: '["--until-end"]\n' })
  })
})

it('run says that what was built is not what is written any more', async () => {
  const folder = projectOf('tumbling-sum')
  expect(await millrace(['build'], folder)).toMatchObject({ code: 0 })
  expect(await millrace(['run'], folder)).toMatchObject({ code: 0, stderr: expect.not.stringContaining('warning') })
  const [topology] = readdirSync(join(folder, 'topologies'))
  const inAnHour = new Date(Date.now() + 3_600_000)
  utimesSync(join(folder, 'topologies', topology!), inAnHour, inAnHour)
  const ended = await millrace(['run'], folder)
  expect(ended.code).toBe(0)
  expect(ended.stderr).toContain(`warning: topologies/${topology} has changed since this was built; millrace build makes it anew.\n`)
})

describe('output', () => {
  it.runIf(existsSync('/dev/full')).each([['--help'], ['new', '--list'], ['describe']])(
    '%s %s ends with 1 and a message where it has no room',
    async (...words) => {
      const child = spawn(process.execPath, [bin, ...words], {
        cwd: projectOf('tumbling-sum'),
        stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
      })
      const ended = await endOf(child)
      expect(ended).toMatchObject({ code: 1, stderr: 'error: Standard output cannot be written: the disk is full.\n' })
    },
  )

  it.each([['--help'], ['new', '--list'], ['describe']])('%s %s ends without a word where nobody reads', async (...words) => {
    const child = startMillrace(words, projectOf('tumbling-sum'))
    child.stdout?.destroy()
    expect(await endOf(child)).toEqual({ code: 0, stdout: '', stderr: '' })
  })
})
