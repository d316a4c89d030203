// The way of a process to the cluster: requests take their time, are refused for passing reasons, arrive although the answer is lost, and are then sent again, as a
// Kafka client does inside. A process may be killed before a request, while it is on its way, or when it has been carried out and the answer has not come.

import type { Clock } from '../../framework/ports/clock.ts'
import type { MemoryNetwork, MemoryRequest } from '../../plugins/broker-memory/index.ts'
import type { Random } from '../kit/random.ts'
import type { Process, Scheduler } from './scheduler.ts'

/** Passing reasons in Kafka's words: nothing was done. */
const refusals = [
  'NOT_LEADER_OR_FOLLOWER',
  'LEADER_NOT_AVAILABLE',
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'NOT_ENOUGH_REPLICAS',
  'KAFKA_STORAGE_ERROR',
  'CONCURRENT_TRANSACTIONS',
  'THROTTLING_QUOTA_EXCEEDED',
]

export interface NetworkWeather {
  /** How likely a request is refused, its answer is lost, or it takes very long. */
  readonly refused: number
  readonly lost: number
  readonly slow: number
  /** Whether producers of members that are gone can be fenced: those who stay have to be safe without it. */
  readonly fences: boolean
}

export interface NetworkOwner extends Process {
  readonly name: string
  /** Asked at each step of a request: whether the process dies here. */
  diesAt(step: string): boolean
}

export class SimulatedNetwork implements MemoryNetwork {
  readonly clock: Clock
  weather: NetworkWeather
  private readonly scheduler: Scheduler
  private readonly random: Random
  private readonly owner: NetworkOwner
  private readonly trace: (event: string) => void

  constructor(scheduler: Scheduler, random: Random, owner: NetworkOwner, weather: NetworkWeather, trace: (event: string) => void) {
    this.clock = scheduler.clockOf(owner)
    this.scheduler = scheduler
    this.random = random
    this.owner = owner
    this.weather = weather
    this.trace = trace
  }

  async send<T>(request: MemoryRequest, run: () => T): Promise<T> {
    const { scheduler, random, owner } = this
    for (;;) {
      if (!owner.alive || owner.diesAt(`before ${request}`)) return await never()
      if (owner.frozenUntilMs > scheduler.nowMs) await scheduler.pause(0, owner)
      // On its way it is nobody's: it arrives though its sender is dead or frozen by then.
      await scheduler.pause(this.delayMs())
      if (request === 'fence producers' && !this.weather.fences) throw new Error('no coordinator is known')
      if (random.chance(this.weather.refused)) {
        this.trace(`${owner.name}: ${request} is answered by ${random.oneOf(refusals)}`)
        await scheduler.pause(20, owner)
        continue
      }
      const answer = outcomeOf(run)
      if (owner.alive && owner.diesAt(`after ${request}`)) return await never()
      if (random.chance(this.weather.lost)) {
        this.trace(`${owner.name}: the answer to ${request} is lost`)
        await scheduler.pause(100, owner)
        continue
      }
      await scheduler.pause(this.delayMs(), owner)
      return answer()
    }
  }

  private delayMs(): number {
    return this.random.chance(this.weather.slow) ? this.random.between(50, 500) : this.random.between(0, 4)
  }
}

function outcomeOf<T>(run: () => T): () => T {
  try {
    const value = run()
    return () => value
  } catch (error) {
    return () => {
      throw error
    }
  }
}

function never(): Promise<never> {
  return new Promise(() => {})
}
