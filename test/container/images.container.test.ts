// The images that the generated Dockerfiles make: what is in them, and how they run and stop.

import { execFileSync, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { lockedPackages } from '../../framework/compiler/native-packages.ts'
import { startBroker } from '../../plugins/kafka/server/index.ts'
import { millrace, projectOf } from '../cli/program.ts'
import { Client, type Received } from '../e2e/client.ts'
import { startKafka } from '../real-kafka/cluster.ts'
import { baseImage } from './base-image.ts'
import { Container, newVolume } from './container.ts'
import { buildImage, type Image } from './image.ts'
import { buildah } from './tools.ts'

const missing = inject('missingTools')
const secret = `secret-${randomUUID()}`

interface RunningBroker {
  readonly address: string
  close(): Promise<unknown>
}

/** `lacks`: why it cannot be started here; an empty text where it can. */
const brokers: Readonly<Record<string, { readonly lacks: string; start(): Promise<RunningBroker> }>> = {
  'the embedded broker': { lacks: '', start: startBroker },
  'Apache Kafka': {
    lacks: ['java', 'mvn'].every((program) => spawnSync('which', [program]).status === 0) ? '' : 'Apache Kafka needs Java and Maven.',
    start: async () => {
      const { address, stop } = await startKafka()
      return { address, close: stop }
    },
  },
}

beforeEach((context) => context.skip(missing !== '', missing))

/** Made by the first test that asks, for all of them. */
const images = new Map<string, Promise<Image>>()

function imageOf(template: string): Promise<Image> {
  const known = images.get(template) ?? build(template)
  images.set(template, known)
  return known
}

async function build(template: string): Promise<Image> {
  const folder = projectOf(template)
  expect(await millrace(['build'], folder)).toMatchObject({ code: 0 })
  const started = performance.now()
  const image = await buildImage(join(folder, 'dist', template), `localhost/${template}`, secret)
  console.log(`${template}: an image of ${image.sizeBytes / 1e6} MB, built in ${secondsSince(started)}`)
  return image
}

describe('the image of the seed', () => {
  it('prints its sums without a network, and exits 0', async () => {
    const image = await imageOf('tumbling-sum')
    const volume = await newVolume(image)
    const started = performance.now()
    const container = await Container.start(image, { volume, network: 'none' })
    expect(await container.ended).toMatchObject({ code: 0, stdout: '(a,1)\n(b,2)\n(c,3)\n' })
    console.log(`tumbling-sum: from start to end in ${secondsSince(started)}`)
  })
})

describe('the image of flight-delays', () => {
  it('says who it runs as, where its state lies and how it is stopped', async () => {
    const { config } = await imageOf('flight-delays')
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
    expect(config).toMatchObject({ User: '1000:1000', WorkingDir: '/app', Volumes: { '/state': {} }, StopSignal: 'SIGTERM' })
    expect(config.Env).toContain('NODE_ENV=production')
    expect(config.Labels).toMatchObject({ 'org.opencontainers.image.title': 'flight-delays', 'millrace.version': version })
  })

  it('adds less than 25 MB to its base', async () => {
    const image = await imageOf('flight-delays')
    const addedBytes = await withFilesOf(image.name, (root) => {
      const [sizeKb = ''] = String(execFileSync('du', ['--summarize', '--block-size=1K', join(root, 'app')])).split('\t')
      return Number(sizeKb) * 1_024
    })
    console.log(`flight-delays: ${(addedBytes / 1e6).toFixed(1)} MB beside its base`)
    expect(addedBytes).toBeLessThan(25e6)
  })

  it('is below 150 MB as a registry keeps it, its base included', async () => {
    const { name } = await imageOf('flight-delays')
    const compressedBytes = await compressedSizeOf(name)
    console.log(`flight-delays: ${(compressedBytes / 1e6).toFixed(1)} MB compressed`)
    // The base alone is more than that of a file of nothing.
    expect(compressedBytes).toBeGreaterThan(20e6)
    expect(compressedBytes).toBeLessThan(150e6)
  })

  it('adds the app and its state folder to its base, and nothing else: no cache, no setting of npm, no secret', async () => {
    const image = await imageOf('flight-delays')
    const base = new Set(await filesOf(baseImage))
    const added = (await filesOf(image.name)).filter((file) => !base.has(file))
    const own = added.filter((file) => !file.startsWith('app/node_modules/'))
    expect(own.sort()).toEqual([
      'app',
      'app/app.mjs',
      'app/app.mjs.map',
      'app/manifest.json',
      'app/node_modules',
      'app/package.json',
      'state',
    ])
    const packages = added.filter((file) => /^app\/node_modules\/[^/]+$/.test(file))
    expect(packages).toContain('app/node_modules/classic-level')
    expect(packages).toHaveLength(Object.keys(lockedPackages).length + 2) // .bin, and .package-lock.json, npm's own list of them
    expect(image.metadata).not.toContain(secret)
    await withFilesOf(image.name, (root) => {
      const found = spawnSync('grep', [
        '--recursive',
        '--files-with-matches',
        secret,
        join(root, 'app'),
        join(root, 'root'),
        join(root, 'etc'),
      ])
      expect({ status: found.status, files: String(found.stdout) }).toEqual({ status: 1, files: '' })
    })
  })

  describe.each(Object.keys(brokers))('on %s', (name) => {
    const { lacks, start } = brokers[name]!
    let broker: RunningBroker | undefined
    let client: Client

    beforeAll(async () => {
      if (missing !== '' || lacks !== '') return
      broker = await start()
      client = new Client(broker.address)
      await client.createTopics(2, 'flights', 'airports', 'delay-by-state')
    })

    beforeEach((context) => context.skip(lacks !== '', lacks))

    afterAll(() => broker?.close())

    function environment(more: Readonly<Record<string, string>> = {}): Record<string, string> {
      return { MILLRACE_BROKERS: broker!.address, ...more }
    }

    it('runs as nobody special, stops on SIGTERM with all committed, and goes on from its volume', async () => {
      const image = await imageOf('flight-delays')
      const volume = await newVolume(image)
      const started = performance.now()
      const container = await Container.start(image, {
        volume,
        network: 'host',
        environment: environment({ MILLRACE_COMMIT_INTERVAL_MS: '200' }),
      })
      await client.send('airports', [record('DTW', { name: 'Detroit Metropolitan', state: 'MI' }, 0)])
      await client.send('flights', [record('DTW-ORD', { origin: 'DTW', delay: 66 }, 1), record('DTW-SFO', { origin: 'DTW', delay: 99 }, 2)])
      const received = await client.receive('delay-by-state', (records) => countOf(records.at(-1)) === 2)
      console.log(`flight-delays: from start to the last result in ${secondsSince(started)}`)
      expect(JSON.parse(String(received.at(-1)?.value))).toEqual({ flights: 2, meanDelay: 82.5 })

      const status = container.status()
      console.log(`flight-delays: RSS ${status.get('VmRSS')}, at most ${status.get('VmHWM')}`)
      expect(status.get('NSpid')).toMatch(/\t1$/)
      expect(status.get('Uid')).toBe('1000\t1000\t1000\t1000')
      expect(status.get('Gid')).toBe('1000\t1000\t1000\t1000')
      expect(status.get('CapEff')).toMatch(/^0+$/)
      expect(status.get('NoNewPrivs')).toBe('1')
      const stopping = performance.now()
      expect(await container.stop()).toMatchObject({ code: 0, stdout: '' })
      console.log(`flight-delays: stopped in ${secondsSince(stopping)}`)

      const state = join(volume, 'flight-delays')
      expect(readdirSync(state).filter((name) => /^\d_\d$/.test(name))).not.toEqual([])
      expect(statSync(state)).toMatchObject({ uid: 1000, gid: 1000 })

      const again = await Container.start(image, {
        volume,
        network: 'host',
        args: ['--until-end', '--summary', '-'],
        environment: environment(),
      })
      const { code, stdout } = await again.ended
      expect(code).toBe(0)
      expect(JSON.parse(stdout)).toMatchObject({ recordsIn: 0, restoredRecords: 0 })
    })

    it('stops in order also before it has processed anything', async () => {
      const image = await imageOf('flight-delays')
      const container = await Container.start(image, { volume: await newVolume(image), network: 'host', environment: environment() })
      await container.logged('Assigned')
      expect(await container.stop()).toMatchObject({ code: 0 })
    })

    it('says that it may not write to a volume of somebody else, and what to do, and exits 1', async () => {
      const image = await imageOf('flight-delays')
      const volume = await newVolume(image)
      execFileSync('chown', ['0:0', volume])
      const container = await Container.start(image, { volume, network: 'host', environment: environment() })
      const { code, stderr } = await container.ended
      expect(code).toBe(1)
      expect(stderr).toMatch(/The state folder \/state\/\S+ cannot be written/)
      expect(stderr).not.toMatch(/^ +at /m)
    })
  })
})

function record(key: string, value: object, minute: number) {
  return { key, value: JSON.stringify(value), timestamp: Date.UTC(2001, 0, 1) + minute * 60_000 }
}

function countOf(received: Received | undefined): number {
  return received === undefined ? 0 : (JSON.parse(String(received.value)) as { flights: number }).flights
}

/** Of its layers, with gzip. */
async function compressedSizeOf(name: string): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-image-'))
  try {
    await buildah('push', '--compression-format', 'gzip', name, `oci:${folder}:pushed`)
    const blobs = join(folder, 'blobs', 'sha256')
    return readdirSync(blobs).reduce((sum, blob) => sum + statSync(join(blobs, blob)).size, 0)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** By their paths in the image. */
function filesOf(name: string): Promise<string[]> {
  return withFilesOf(name, (root) => execFileSync('find', [root, '-printf', '%P\n'], { encoding: 'utf8', maxBuffer: 64 << 20 }).split('\n'))
}

async function withFilesOf<T>(name: string, look: (root: string) => T): Promise<T> {
  const container = await buildah('from', '--pull-never', name)
  try {
    return look(await buildah('mount', container))
  } finally {
    await buildah('rm', container)
  }
}

function secondsSince(start: number): string {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`
}
