// A container of an image, run as Kubernetes runs it under a strict security context: the image's user, no capabilities, no new privileges, a root file system
// that is read-only, 256 MB of memory, and the app as process 1.

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type Ended, endOf } from '../cli/program.ts'
import type { Image } from './image.ts'
import { buildah, cache } from './tools.ts'

export interface ContainerOptions {
  /** Of the app, after the image's entry point. */
  readonly args?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** What lies at /state. */
  readonly volume: string
  /** The machine's network, or none at all. */
  readonly network: 'host' | 'none'
}

const memoryBytes = 256 << 20
/** What Docker waits for before it kills. */
const stopSecondsMax = 10
const runcState = join(cache, 'runc')

let number = 0

/** An empty volume for an image's /state: its owner is the one that the image gives the folder, as with Docker. */
export async function newVolume(image: Image): Promise<string> {
  const volume = join(cache, nextName('volume'))
  const container = await buildah('from', '--pull-never', image.name)
  try {
    cpSync(join(await buildah('mount', container), 'state'), volume, { recursive: true, preserveTimestamps: true })
    // Node's cp does not keep the owner.
    execFileSync('chown', ['--reference', join(await buildah('mount', container), 'state'), volume])
  } finally {
    await buildah('rm', container)
  }
  onTestFinished(() => void execFileSync('rm', ['-r', volume]))
  return volume
}

export class Container {
  readonly #id: string
  readonly #image: Image
  readonly #process: ChildProcess
  readonly ended: Promise<Ended>

  private constructor(id: string, image: Image, process: ChildProcess) {
    this.#id = id
    this.#image = image
    this.#process = process
    this.ended = endOf(process)
  }

  /** Removed when the test ends. */
  static async start(image: Image, options: ContainerOptions): Promise<Container> {
    const id = nextName('millrace')
    const layers = await buildah('from', '--pull-never', image.name)
    const bundle = join(cache, id)
    mkdirSync(bundle, { recursive: true })
    writeFileSync(join(bundle, 'config.json'), JSON.stringify(runtimeConfig(image, await buildah('mount', layers), options)))
    const child = spawn('runc', ['--root', runcState, 'run', '--bundle', bundle, id], { stdio: ['ignore', 'pipe', 'pipe'] })
    onTestFinished(async () => {
      spawnSync('runc', ['--root', runcState, 'delete', '--force', id], { stdio: 'ignore' })
      await buildah('rm', layers)
      execFileSync('rm', ['-r', bundle])
    })
    return new Container(id, image, child)
  }

  /** Resolves when this text has come on stderr. */
  logged(text: string): Promise<void> {
    return new Promise((done, fail) => {
      let log = ''
      this.#process.stderr?.on('data', (chunk: string) => {
        log += chunk
        if (log.includes(text)) done()
      })
      this.#process.on('close', () => fail(new Error(`It ended without saying '${text}':\n${log}`)))
    })
  }

  /** What the kernel says of the app: `Uid`, `CapEff`, `VmHWM` and so on, by /proc/PID/status. */
  status(): ReadonlyMap<string, string> {
    const { pid } = JSON.parse(execFileSync('runc', ['--root', runcState, 'state', this.#id], { encoding: 'utf8' })) as { pid: number }
    const lines = readFileSync(`/proc/${pid}/status`, 'utf8').split('\n')
    return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]))
  }

  /** As `docker stop`: the image's signal to process 1, and if it has not ended in time, the end of it. */
  async stop(): Promise<Ended> {
    execFileSync('runc', ['--root', runcState, 'kill', this.#id, this.#image.config.StopSignal])
    const overdue = setTimeout(() => {
      spawnSync('runc', ['--root', runcState, 'kill', this.#id, 'SIGKILL'])
    }, stopSecondsMax * 1000)
    try {
      return await this.ended
    } finally {
      clearTimeout(overdue)
    }
  }
}

function nextName(kind: string): string {
  number += 1
  return `${kind}-${process.pid}-${number}`
}

function runtimeConfig({ config }: Image, root: string, { args = [], environment = {}, volume, network }: ContainerOptions): object {
  const [uid, gid] = config.User.split(':').map(Number)
  const none: string[] = []
  return {
    ociVersion: '1.0.2',
    process: {
      terminal: false,
      user: { uid, gid },
      args: [...config.Entrypoint, ...args],
      env: [...config.Env, ...Object.entries(environment).map(([name, value]) => `${name}=${value}`)],
      cwd: config.WorkingDir,
      capabilities: { bounding: none, effective: none, inheritable: none, permitted: none, ambient: none },
      noNewPrivileges: true,
    },
    root: { path: root, readonly: true },
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc' },
      { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'] },
      ...Object.keys(config.Volumes).map((destination) => ({ destination, type: 'bind', source: volume, options: ['bind', 'rw'] })),
    ],
    linux: {
      namespaces: ['pid', 'ipc', 'uts', 'mount', ...(network === 'none' ? ['network'] : [])].map((type) => ({ type })),
      resources: { memory: { limit: memoryBytes } },
    },
  }
}
