// One process of the simulated app: the real runtime on a clock, a network and a disk that may fail it. It is killed at a step that somebody has named, or at any time;
// frozen, it does nothing and hears nothing, and goes on afterwards as if nothing had been: a zombie, if it was for longer than its session.

import type { Config, Settings } from '../../framework/config.ts'
import type { Topology } from '../../framework/graph/topology.ts'
import type { Broker } from '../../framework/ports/broker.ts'
import type { Clock } from '../../framework/ports/clock.ts'
import type { Logger } from '../../framework/ports/logger.ts'
import type { StateEngine } from '../../framework/ports/store.ts'
import { App, type AppTotals } from '../../framework/runtime/app.ts'
import { readSettings } from '../../framework/runtime/settings.ts'
import { StreamThreads, settingsOfThread } from '../../framework/runtime/stream-threads.ts'
import type { ThreadLink } from '../../framework/runtime/thread-messages.ts'
import { MemoryBroker, type MemoryCluster } from '../../plugins/broker-memory/index.ts'
import { memory } from '../../plugins/store-memory/index.ts'
import type { Random } from '../kit/random.ts'
import { threadInProcess } from '../runtime/thread-in-process.ts'
import type { Scheduler } from './scheduler.ts'
import { type Disk, SimulatedEngine } from './simulated-disk.ts'
import { type NetworkOwner, type NetworkWeather, SimulatedNetwork } from './simulated-network.ts'
import { applicationId, type Workload } from './workload.ts'

/** What the app asks outside answers within that time. */
const answerMsMax = 60

const memoryEngine = memory().stores!.memory!

export interface InstanceParts {
  readonly scheduler: Scheduler
  readonly random: Random
  readonly workload: Workload
  readonly cluster: MemoryCluster
  readonly config: Config
  readonly weather: NetworkWeather
  readonly slowestWriteMs: number
  readonly trace: (event: string) => void
  /** A fault that was planted for a test; usually there is none. */
  readonly sabotage: Sabotage
}

export interface Sabotage {
  broker?(broker: Broker): Broker
  engine?(engine: StateEngine): StateEngine
}

export class Instance implements NetworkOwner {
  readonly name: string
  alive = true
  frozenUntilMs = 0
  ended = false
  failure: unknown
  totals: AppTotals | undefined
  private readonly parts: InstanceParts
  private readonly app: App | StreamThreads
  private readonly brokers: MemoryBroker[] = []
  private readonly network: SimulatedNetwork
  private readonly engine: SimulatedEngine
  private doomedAt: string | undefined
  private freezesAt: { readonly step: string; readonly durationMs: number } | undefined

  constructor(name: string, disk: Disk, parts: InstanceParts) {
    const { scheduler, random, config, weather, slowestWriteMs, trace } = parts
    this.name = name
    this.parts = parts
    const clock = scheduler.clockOf(this)
    this.network = new SimulatedNetwork(scheduler, random, this, weather, trace)
    this.engine = new SimulatedEngine(disk, { scheduler, random, process: this, slowestMs: slowestWriteMs })
    this.app = this.appOf(readSettings(config, {}).settings, clock)
    this.app.run().then(
      (totals) => {
        this.totals = totals
        this.end()
      },
      (error: unknown) => {
        this.failure = error
        this.end()
      },
    )
  }

  /** With several stream threads each is an app of its own, as it is in a worker thread; the process lives, stands still and dies with all of them. */
  private appOf(settings: Settings, clock: Clock): App | StreamThreads {
    const { trace } = this.parts
    const logger: Logger = {
      log: (level, message) => void (level === 'warn' && this.alive && trace(`${this.name} warns: ${message.split('\n')[0]}`)),
    }
    const topology = this.topology()
    const onState = (state: string) => void (this.alive && trace(`${this.name} is ${state}`))
    const common = { applicationId, processId: this.name, clock, logger, print: () => {}, untilEnd: false }
    if (settings.streamThreads === 1)
      return new App({ ...common, topology, settings, broker: this.openBroker(this.name), engines: this.engines, onState })
    const open = (thread: number): ThreadLink => {
      const broker = this.openBroker(`${this.name}-${thread}`)
      const own = { topology: this.topology(), settings: settingsOfThread(settings, thread), thread }
      return threadInProcess({ ...common, ...own, broker, engines: this.engines })
    }
    return new StreamThreads({ applicationId, topology, settings, clock, logger, reporters: [], onState, open })
  }

  private topology(): Topology {
    const { workload, scheduler, random } = this.parts
    return workload.topology({ pause: () => scheduler.pause(random.below(answerMsMax), this) }).build()
  }

  private openBroker(name: string): Broker {
    const { cluster, sabotage } = this.parts
    const broker = new MemoryBroker(cluster, name, this.network)
    this.brokers.push(broker)
    return sabotage.broker?.(broker) ?? broker
  }

  private get engines(): { readonly persistent: StateEngine; readonly memory: StateEngine } {
    return { persistent: this.parts.sabotage.engine?.(this.engine) ?? this.engine, memory: memoryEngine }
  }

  get state(): string {
    return this.app.state
  }

  get isFrozen(): boolean {
    return this.alive && this.frozenUntilMs > this.parts.scheduler.nowMs
  }

  /** Dies at this step, should it come there. */
  doom(step: string): void {
    this.doomedAt = step
  }

  /** Is frozen at this step, should it come there. */
  freezeAt(step: string, durationMs: number): void {
    this.freezesAt = { step, durationMs }
  }

  diesAt(step: string): boolean {
    if (!this.alive) return true
    if (this.freezesAt?.step === step) {
      this.freeze(this.freezesAt.durationMs, step)
      this.freezesAt = undefined
    }
    if (this.doomedAt !== step) return false
    this.kill(step)
    return true
  }

  kill(when: string): void {
    if (!this.alive) return
    this.parts.trace(`${this.name} is killed: ${when}`)
    this.alive = false
    for (const broker of this.brokers) broker.crash()
    this.engine.crash()
  }

  freeze(durationMs: number, when = 'just so'): void {
    this.parts.trace(`${this.name} is frozen for ${Math.round(durationMs)} ms: ${when}`)
    this.frozenUntilMs = this.parts.scheduler.nowMs + durationMs
  }

  /** Nothing bad happens to it from now on. */
  heal(): void {
    this.doomedAt = undefined
    this.freezesAt = undefined
    this.frozenUntilMs = 0
    this.network.weather = { refused: 0, lost: 0, slow: 0, fences: true }
    this.engine.heal()
  }

  stop(): void {
    this.app.stop()
  }

  private end(): void {
    this.ended = true
    if (!this.alive) return
    this.parts.trace(`${this.name} has ended${this.failure === undefined ? '' : `: ${String(this.failure).split('\n')[0]}`}`)
    this.alive = false
    for (const broker of this.brokers) broker.crash()
  }
}
