// A task's state for tests, with its changelogs recorded, that can be thrown away (a crash) and opened again.

import type { StoreSpec } from '../../framework/graph/operator-spec.ts'
import { silentLogger } from '../../framework/ports/logger.ts'
import { asOffset, noHeaders } from '../../framework/ports/record.ts'
import type { Serde } from '../../framework/ports/serde.ts'
import type { StateEngine } from '../../framework/ports/store.ts'
import { CacheBudget } from '../../framework/state/cached-rows.ts'
import type { RecordContext, TaskState } from '../../framework/state/contract.ts'
import { MemoryBudget } from '../../framework/state/memory-budget.ts'
import { openTaskState } from '../../framework/state/open-task-state.ts'
import { memory } from '../../plugins/store-memory/index.ts'
import { engineOf } from '../contract/state-engine.ts'
import { RecordedChangelog } from './recorded-changelog.ts'

export const memoryEngine = engineOf(memory(), 'memory')

export interface StateUnderTestOptions {
  readonly stores: readonly StoreSpec[]
  /** Default: memory. */
  readonly engine?: StateEngine
  readonly stateDir?: string
  readonly cacheBytesMax?: number
  readonly uncommittedBytesMax?: number
}

export class StateUnderTest {
  state!: TaskState
  readonly context: RecordContext = { timestamp: 0, headers: noHeaders }
  readonly expired: string[] = []
  readonly budget: CacheBudget
  memoryBudget = new MemoryBudget('memoryStoreBytesMax', 'Stores in memory', Infinity)
  readonly suppressBudget = new MemoryBudget('suppressBytesMax', 'Rows that suppress() holds back', Infinity)
  private readonly options: StateUnderTestOptions
  private readonly changelogs = new Map<string, RecordedChangelog>()

  private constructor(options: StateUnderTestOptions) {
    this.budget = new CacheBudget(options.cacheBytesMax ?? 0)
    this.options = options
  }

  static async open(options: StateUnderTestOptions): Promise<StateUnderTest> {
    const opened = new StateUnderTest(options)
    await opened.reopen()
    return opened
  }

  changelog(topic: string): RecordedChangelog {
    let changelog = this.changelogs.get(topic)
    if (changelog === undefined) {
      changelog = new RecordedChangelog(topic)
      this.changelogs.set(topic, changelog)
    }
    return changelog
  }

  /** From the next opening on. */
  limitMemory(bytesMax: number): void {
    this.memoryBudget = new MemoryBudget('memoryStoreBytesMax', 'Stores in memory', bytesMax)
  }

  /** Closes without a commit, opens again and restores. */
  async crash(): Promise<void> {
    await this.state.close()
    await this.reopen()
  }

  async reopen(): Promise<void> {
    const engine = this.options.engine ?? memoryEngine
    this.state = await openTaskState({
      stateDir: this.options.stateDir ?? 'nowhere',
      applicationId: 'app',
      taskId: '0_0',
      partition: 0,
      stores: this.options.stores,
      engines: { persistent: engine, memory: memoryEngine },
      cacheBudget: this.budget,
      memoryBudget: this.memoryBudget,
      suppressBudget: this.suppressBudget,
      uncommittedBytesMax: this.options.uncommittedBytesMax ?? 1_000_000,
      context: this.context,
      logger: silentLogger,
      changelogWriter: async (topic) => this.changelog(topic),
      onExpired: (store) => this.expired.push(store),
    })
    await this.restore()
  }

  private async restore(): Promise<void> {
    const { changelogs, restore } = this.state
    for (const { topic } of changelogs) {
      const changelog = this.changelog(topic)
      const from = await restore.begin(topic, asOffset(0), asOffset(changelog.records.length))
      const reader = changelog.reader(from)
      while (restore.apply(topic, reader, 7)) if (restore.full) await restore.writeBehind()
      await restore.write()
    }
  }
}

export function storeSpec<V>(kind: StoreSpec['kind'], key: Serde<string>, value: Serde<V>, changes: Partial<StoreSpec> = {}): StoreSpec {
  return {
    name: 's',
    kind,
    key: key as Serde<unknown>,
    value: value as Serde<unknown>,
    persistent: true,
    caching: false,
    changelog: { kind: 'internal', name: 's-changelog', settings: {} },
    ...changes,
  }
}
