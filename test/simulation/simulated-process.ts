// One process of the simulation: an app of the real runtime, on a broker in memory whose requests and answers take their time, on a clock that can be frozen, with
// a disk that outlives it. It can be killed before or after any of its requests.

import type { Config } from '../../framework/config.ts'
import type { TopologyDefinition } from '../../framework/dsl/topology-definition.ts'
import type { Broker } from '../../framework/ports/broker.ts'
import { App } from '../../framework/runtime/app.ts'
import { readSettings } from '../../framework/runtime/settings.ts'
import { MemoryBroker, type MemoryCluster } from '../../plugins/broker-memory/index.ts'
import { memory } from '../../plugins/store-memory/index.ts'
import type { VirtualClock } from '../kit/virtual-clock.ts'
import { interposed } from './interposed.ts'
import type { Plant } from './plants.ts'
import { ProcessClock } from './process-clock.ts'
import type { Random } from './random.ts'
import type { SimulatedDisk } from './simulated-disk.ts'

const memoryEngine = memory().stores!.memory!

export interface Surroundings {
  readonly cluster: MemoryCluster
  readonly clock: VirtualClock
  readonly disk: SimulatedDisk
  readonly random: Random
  readonly plant: Plant | undefined
  readonly trace: (line: string) => void
}

export class SimulatedProcess {
  readonly name: string
  failure: unknown
  ended = false
  private readonly around: Surroundings
  private readonly clock: ProcessClock
  private readonly broker: MemoryBroker
  private readonly app: App
  private killIn = Number.POSITIVE_INFINITY
  private freezeIn = Number.POSITIVE_INFINITY
  private freezeForMs = 0

  constructor(name: string, definition: TopologyDefinition, config: Config, around: Surroundings) {
    const { cluster, clock, disk, plant } = around
    this.name = name
    this.around = around
    this.clock = new ProcessClock(clock)
    this.clock.onTurn = () => this.passes('in a turn of its loop')
    this.broker = new MemoryBroker(cluster, name, { clock: this.clock, send: (request, run) => this.send(request, run) })
    const engine = disk.engineOf(this.clock, () => this.detour('writing state'), plant?.writing)
    this.app = new App({
      topology: definition.build(),
      applicationId: definition.name,
      processId: name,
      settings: readSettings(config, {}).settings,
      broker: this.interposedBroker(plant),
      engines: { persistent: engine, memory: memoryEngine },
      clock: this.clock,
      logger: { log: (level, message) => level !== 'debug' && around.trace(`${name} ${level}: ${message}`) },
      print: () => {},
      untilEnd: false,
      onState: (state) => around.trace(`${name} is ${state}`),
    })
    void this.app
      .run()
      .catch((error: unknown) => {
        if (!this.clock.isDead) this.failure = error
      })
      .finally(() => {
        this.ended = true
      })
  }

  get isGone(): boolean {
    return this.ended || this.clock.isDead
  }

  stop(): void {
    this.app.stop()
  }

  /** After so many requests, answers and turns. */
  freezeSoon(steps: number, forMs: number): void {
    this.freezeIn = steps
    this.freezeForMs = forMs
  }

  killSoon(steps: number): void {
    this.killIn = steps
  }

  kill(where: string): void {
    if (this.isGone) return
    this.around.trace(`${this.name} is killed ${where}`)
    this.broker.crash()
    this.clock.kill()
  }

  private passes(where: string): void {
    if (this.killIn-- <= 0) this.kill(where)
    if (this.freezeIn-- > 0 || this.isGone) return
    this.freezeIn = Number.POSITIVE_INFINITY
    this.around.trace(`${this.name} is frozen ${where} for ${this.freezeForMs} ms`)
    this.clock.freeze(this.freezeForMs)
  }

  /** What happens on the way of a request, and on the way of its answer. */
  private async detour(what: string): Promise<void> {
    const { random, clock } = this.around
    this.passes(what)
    await this.clock.awake()
    if (random.oneIn(4))
      await new Promise<void>((resolve) => clock.after(random.oneIn(8) ? random.below(3_000) : random.below(40), resolve))
    await this.clock.awake()
  }

  /** Now and then an answer is lost, and the client asks again. */
  private async send<T>(request: string, run: () => T): Promise<T> {
    await this.detour(`before ${request}`)
    if (this.clock.isDead) return await new Promise<T>(() => {})
    const answer = run()
    const heard = this.around.random.oneIn(10) ? run() : answer
    await this.detour(`after ${request}`)
    return heard
  }

  private interposedBroker(plant: Plant | undefined): Broker {
    const detour = (what: string): Promise<void> => this.detour(what)
    const { cluster } = this.around
    const broker = plant?.broker?.(this.broker, cluster, detour) ?? this.broker
    return {
      connect: () => broker.connect(),
      admin: interposed(broker.admin, 'admin', detour),
      fetcher: (options) => broker.fetcher(options),
      producer: (options) => interposed(broker.producer(options), 'producer', detour),
      member: (options) => interposed(broker.member(options), 'member', detour),
      close: () => broker.close(),
    }
  }
}
