// Built apps that need no broker, and what an app says where it needs one and finds none.

import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { millrace, node, projectOf } from '../cli/program.ts'
import { builtFiles } from '../compiler/compiled-project.ts'

const copyTopology = `
import { topology } from 'millrace'

export default topology('copy', (builder) => {
  builder.stream<string, string>('in').to('out')
})
`

describe('the seed', () => {
  it('prints its sums, and nothing else, without a broker, and exits 0', async () => {
    const folder = projectOf('tumbling-sum')
    expect(await millrace(['build'], folder)).toMatchObject({ code: 0 })
    const direct = await node(['dist/tumbling-sum/app.mjs'], folder)
    expect(direct).toMatchObject({ code: 0, stdout: '(a,1)\n(b,2)\n(c,3)\n' })
    const byCommand = await millrace(['run', 'tumbling-sum'], folder)
    expect(byCommand).toMatchObject({ code: 0, stdout: '(a,1)\n(b,2)\n(c,3)\n' })
  })

  it('writes its summary to stdout where that is asked for', async () => {
    const folder = projectOf('tumbling-sum')
    await millrace(['build'], folder)
    const { code, stdout } = await node(['dist/tumbling-sum/app.mjs', '--summary', '-'], folder)
    expect(code).toBe(0)
    expect(JSON.parse(stdout.slice(stdout.indexOf('{')))).toMatchObject({ application: 'tumbling-sum', recordsIn: 3 })
  })
})

describe('a signal that comes while the app still loads', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('%s is not lost, and ends it with 0', async (signal) => {
    const folder = projectOf('tumbling-sum')
    expect(await millrace(['build'], folder)).toMatchObject({ code: 0 })
    const [banner, ...rest] = readFileSync(join(folder, 'dist', 'tumbling-sum', 'app.mjs'), 'utf8').split('\n')
    writeFileSync(join(folder, 'signalled.mjs'), [banner, `process.kill(process.pid, '${signal}')`, ...rest].join('\n'))
    expect(await node(['signalled.mjs'], folder)).toMatchObject({ code: 0 })
    // Nothing of the app is there yet, and never will be.
    const waiting = `process.kill(process.pid, '${signal}'); await new Promise((done) => setTimeout(done, 30_000)); console.log('in vain')`
    writeFileSync(join(folder, 'waiting.mjs'), [banner, waiting].join('\n'))
    expect(await node(['waiting.mjs'], folder)).toMatchObject({ code: 0, stdout: '' })
  })
})

describe('a bounded source', () => {
  it('closes its windows when it ends, also behind a repartition topic', async () => {
    const closing = `
import { topology, tumbling } from 'millrace'

export default topology('closing', (builder) => {
  const words = builder.fromElements<string, string>([['1', 'x', 1], ['2', 'y', 2], ['3', 'x', 3]])
  const counts = words.groupBy((word) => word).windowedBy(tumbling(10)).count()
  counts.suppress({ until: 'windowCloses' }).toStream((_count, { key }) => key).print()
})
`
    const folder = projectOf({ 'topologies/closing.ts': closing })
    expect(await millrace(['build'], folder)).toMatchObject({ code: 0 })
    expect(await node(['dist/closing/app.mjs'], folder)).toMatchObject({ code: 0, stdout: '(x,2)\n(y,1)\n' })
  })
})

describe('an app', () => {
  async function builtCopy(): Promise<string> {
    const folder = projectOf({ 'topologies/copy.ts': copyTopology })
    expect(await millrace(['build'], folder)).toMatchObject({ code: 0 })
    return folder
  }

  it('says that nobody answers at the address, and exits 1', async () => {
    const folder = await builtCopy()
    const { code, stderr } = await node(['dist/copy/app.mjs', '--until-end'], folder, { MILLRACE_BROKERS: '127.0.0.1:1' })
    expect(code).toBe(1)
    expect(stderr).toContain('127.0.0.1:1')
    expect(stderr).toContain('MILLRACE_BROKERS')
    expect(stderr).not.toMatch(/^ +at /m)
  })

  it('says that what answers is not Kafka, and exits 1', async () => {
    const web = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(0, '127.0.0.1')
    onTestFinished(() => void web.close())
    await once(web, 'listening')
    const address = `127.0.0.1:${(web.address() as AddressInfo).port}`
    const folder = await builtCopy()
    const { code, stderr } = await node(['dist/copy/app.mjs', '--until-end'], folder, { MILLRACE_BROKERS: address })
    expect(code).toBe(1)
    expect(stderr).toContain(address)
    expect(stderr).toContain('does not speak the Kafka protocol')
  })

  it('suggests the option and the setting that were probably meant', async () => {
    const folder = await builtCopy()
    const option = await node(['dist/copy/app.mjs', '--until-ned'], folder)
    expect(option.code).not.toBe(0)
    expect(option.stderr).toContain('Did you mean --until-end?')
    const setting = await node(['dist/copy/app.mjs', '--until-end'], folder, { MILLRACE_BROKER_S: '127.0.0.1:1' })
    expect(setting.code).not.toBe(0)
    expect(setting.stderr).toContain('Did you mean MILLRACE_BROKERS?')
  })
})

describe('a build', () => {
  it('gives the same bytes in another folder', async () => {
    const [one, other] = [projectOf('flight-delays'), projectOf('flight-delays')]
    for (const folder of [one, other]) expect(await millrace(['build'], folder)).toMatchObject({ code: 0 })
    expect(filesOf(one)).toEqual(filesOf(other))
    expect(Object.keys(filesOf(one)).sort()).toEqual(builtFiles)
  })
})

function filesOf(project: string): Record<string, string> {
  const folder = join(project, 'dist', 'flight-delays')
  return Object.fromEntries(readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), 'utf8')]))
}
