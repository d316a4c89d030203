// `millrace dev`: everything of a project at work, and kept so from edit to edit.
//
// An edit goes its way in order, and the next one waits: files that changed → compile → topics → input → the output that is shown → apps whose bundle is
// another one. With errors it ends behind the compiler, and what runs goes on.

import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { summarizeDiagnostics } from '../../framework/compiler/format-diagnostics.ts'
import { isMillraceError } from '../../framework/errors.ts'
import { serdeFormats } from '../../framework/index.ts'
import type { SerdeFormats } from '../../framework/serdes/from-manifest.ts'
import { readConfig } from '../connect.ts'
import { AppProcesses } from './app-processes.ts'
import type { Compiled, DevTopology } from './compiler-messages.ts'
import { CompilerThread } from './compiler-thread.ts'
import { DevApps } from './dev-apps.ts'
import type { DevFolder } from './dev-folder.ts'
import { DevInputs } from './dev-inputs.ts'
import type { DevKafka } from './dev-kafka.ts'
import { flowOf, partitionsOfMissing, topicsOf } from './dev-topics.ts'
import { type Changes, ProjectWatcher } from './project-watcher.ts'
import type { Screen } from './screen.ts'
import { ShownTopics } from './shown-topics.ts'

export interface DevOptions {
  /** Absolute, with links resolved. */
  readonly project: string
  readonly folder: DevFolder
  readonly kafka: DevKafka
  /** Whether it is the embedded broker. */
  readonly embedded: boolean
  /** Where apps keep their state. */
  readonly stateDir: string
  /** Of topics that are made. */
  readonly partitions: number
  readonly showOutput: boolean
  readonly screen: Screen
}

const configFile = 'millrace.config.ts'
const noTopologies = 'MR1002'

/** Runs until `stopped`; then everything is committed and closed. */
export async function develop(options: DevOptions, startedMs: number, stopped: Promise<unknown>): Promise<void> {
  const session = new DevSession(options)
  try {
    await session.run(startedMs, stopped)
  } finally {
    await session.close()
  }
}

class DevSession {
  readonly #options: DevOptions
  readonly #compiler: CompilerThread
  readonly #processes: AppProcesses
  readonly #apps: DevApps
  readonly #inputs: DevInputs
  readonly #shown: ShownTopics | undefined
  #watcher: ProjectWatcher | undefined
  #compiled: Compiled | undefined
  #formats: SerdeFormats = {}
  #deadLetterTopic: string | undefined
  #stopping = false
  #edit: Promise<void> = Promise.resolve()

  constructor(options: DevOptions) {
    const { project, folder, kafka, screen, embedded } = options
    this.#options = options
    this.#compiler = new CompilerThread({ folder: project, out: folder.builds })
    this.#processes = new AppProcesses(environmentOf(options))
    this.#processes.prepare()
    this.#apps = new DevApps({ processes: this.#processes, screen, embedded })
    this.#shown = options.showOutput ? new ShownTopics(kafka.broker, screen) : undefined
    this.#inputs = new DevInputs({
      folder: join(project, 'dev'),
      memory: folder.inputs,
      kafka: embedded ? 'embedded' : kafka.address,
      broker: kafka.broker,
      screen,
      startAnew: embedded
        ? '`millrace dev --reset` deletes all topics and state, and starts anew with it.'
        : 'Delete the topic and the state of what reads it to start anew with it.',
    })
  }

  async run(startedMs: number, stopped: Promise<unknown>): Promise<void> {
    const { project, screen } = this.#options
    const watcher = await ProjectWatcher.start(project)
    this.#watcher = watcher
    const showing = this.#shown?.show() ?? new Promise<never>(() => {})
    const end = Promise.race([stopped.then(() => 'stopped' as const), showing.then(() => 'stopped' as const)])
    let changes: Changes | undefined
    for (;;) {
      this.#edit = this.#apply(changes, startedMs).catch((error: unknown) => this.#say(error))
      if ((await Promise.race([this.#edit, end])) === 'stopped') break
      const next = await Promise.race([watcher.next(), end])
      if (next === 'stopped') break
      changes = next
    }
    this.#stopping = true
    screen.say('Stopping …')
  }

  async close(): Promise<void> {
    this.#stopping = true
    await this.#apps.stopAll()
    await this.#compiler.close()
    await this.#edit
    await this.#apps.stopAll()
    this.#processes.close()
    await this.#shown?.close()
    await this.#watcher?.close()
  }

  /** Without changes: the first time. */
  async #apply(changes: Changes | undefined, startedMs: number): Promise<void> {
    const concerns = this.#concernsOf(changes)
    if (concerns.compiler) await this.#compile(changes?.files ?? [], changes?.atMs ?? startedMs, concerns.tsconfig)
    else if (concerns.input && this.#compiled !== undefined) await this.#feed(this.#compiled.topologies)
  }

  /** What changes are about; of what nothing reads, nothing. */
  #concernsOf(changes: Changes | undefined): { readonly compiler: boolean; readonly tsconfig: boolean; readonly input: boolean } {
    if (changes === undefined) return { compiler: true, tsconfig: false, input: true }
    const { project } = this.#options
    const known = new Set(this.#compiled?.files)
    // A file that did not exist may be the one that an import looks for.
    const hasErrors = this.#compiled?.diagnostics.some(({ severity }) => severity === 'error') !== false
    const isSource = (file: string): boolean =>
      known.has(file) || dirname(file) === join(project, 'topologies') || file === join(project, configFile) || hasErrors
    const input = changes.files.filter((file) => dirname(file) === join(project, 'dev') && file.endsWith('.jsonl'))
    const tsconfig = changes.files.some((file) => dirname(file) === project && /^(tsconfig.*|package)\.json$/.test(basename(file)))
    const others = changes.files.filter((file) => !input.includes(file))
    return { compiler: tsconfig || others.some(isSource), tsconfig, input: input.length > 0 }
  }

  async #compile(changed: readonly string[], atMs: number, reopen: boolean): Promise<void> {
    const { screen } = this.#options
    const compiled = await this.#compiler.compile({ changed, reopen })
    if (this.#stopping) return
    const isFirst = this.#compiled === undefined
    const { diagnostics, files } = compiled
    this.#watcher?.addOutside(files)
    screen.diagnostics(diagnostics)
    const errors = diagnostics.filter(({ severity }) => severity === 'error')
    if (errors.some(({ code }) => code !== noTopologies)) {
      this.#compiled = { ...compiled, topologies: this.#compiled?.topologies ?? [] }
      const next = this.#apps.areAny ? 'What runs is the last version without errors.' : 'Waiting for edits.'
      screen.say(`${summarizeDiagnostics(diagnostics)}. ${next}`)
      return
    }
    if (errors.length > 0) screen.say('Waiting for one.')
    this.#compiled = compiled
    if (isFirst || changed.some((file) => basename(file) === configFile)) await this.#readConfig()
    if (isFirst) for (const { manifest } of compiled.topologies) screen.say(flowOf(manifest))
    await this.#feed(compiled.topologies)
    if (this.#stopping) return
    await this.#apps.become(compiled.topologies, { atMs, isFirst, isStopping: () => this.#stopping })
    this.#processes.prepare()
  }

  /** What an app reads and writes has to be there when it starts. */
  async #feed(topologies: readonly DevTopology[]): Promise<void> {
    const { kafka, screen, partitions } = this.#options
    const manifests = topologies.map(({ manifest }) => manifest)
    const named = topicsOf(manifests)
    const matched = (await this.#inputs.topics()).filter((topic) => named.patterns.some((pattern) => pattern.test(topic)))
    const topics = { ...named, read: new Set([...named.read, ...matched]) }
    const { read, written } = topics
    const names = [...new Set([...read, ...written.keys(), ...(this.#deadLetterTopic === undefined ? [] : [this.#deadLetterTopic])])]
    if (names.length === 0) return
    const existing = new Map([...(await kafka.broker.admin.topics(names))].map(([name, topic]) => [name, topic.partitions]))
    const missing = names.filter((name) => !existing.has(name))
    const made = partitionsOfMissing(missing, existing, manifests, partitions)
    if (made.size > 0) {
      // Records of dev/ may be of any time, and nobody should have to wonder where they went.
      const settings = { 'retention.ms': '-1' }
      await kafka.broker.admin.createTopics([...made].map(([name, count]) => ({ name, partitions: count, settings })))
      screen.say(`Made the ${made.size === 1 ? 'topic' : 'topics'} ${[...made.keys()].join(', ')}.`)
    }
    await this.#shown?.follow(written, new Map([...existing, ...made]), this.#formats)
    await this.#inputs.feed(topics, new Set(made.keys()))
  }

  async #readConfig(): Promise<void> {
    const config = existsSync(join(this.#options.project, configFile)) ? await readConfig() : {}
    this.#deadLetterTopic = process.env.MILLRACE_DEAD_LETTER_TOPIC ?? config.deadLetterTopic
    this.#formats = Object.assign({}, ...[serdeFormats(), ...(config.plugins ?? [])].map(({ serdes }) => serdes ?? {}))
  }

  /** What goes wrong in an edit does not end the session: the next edit may mend it. */
  #say(error: unknown): void {
    if (this.#stopping) return
    const expected = (isMillraceError(error) && error.kind !== 'bug') || (error instanceof Error && 'oclif' in error)
    this.#options.screen.problem(expected ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error))
  }
}

/** Of the apps. What the user has set himself counts, but for what makes it the Kafka and the state of this session. */
function environmentOf({ kafka, stateDir }: DevOptions): NodeJS.ProcessEnv {
  return {
    MILLRACE_LOG_LEVEL: 'warn',
    MILLRACE_COMMIT_INTERVAL_MS: '200',
    MILLRACE_LINGER_MS: '5',
    ...kafka.environment,
    ...process.env,
    MILLRACE_BROKERS: kafka.address,
    MILLRACE_STATE_DIR: stateDir,
  }
}
