// The apps of a project: each topology has one, started anew when its bundle is another one. An app that failed is started again at the next edit, because nothing
// else would make it do better; one that was killed from outside is started again by itself, after a pause that doubles.

import type { Manifest } from '../../framework/graph/manifest.ts'
import type { AppProcesses } from './app-processes.ts'
import type { DevTopology } from './compiler-messages.ts'
import { type AppOutcome, type AppOutput, RunningApp } from './running-app.ts'
import type { Screen } from './screen.ts'

const pauseMsMin = 500
const pauseMsMax = 30_000

export interface DevAppsOptions {
  readonly processes: AppProcesses
  readonly screen: Screen
  /** Whether apps run on the embedded broker. */
  readonly embedded: boolean
}

export interface Edit {
  /** When it was made, by performance.now(). */
  readonly atMs: number
  readonly isFirst: boolean
  readonly isStopping: () => boolean
}

interface DevApp {
  readonly topology: DevTopology
  readonly running: RunningApp
  kills: number
  restart: NodeJS.Timeout | undefined
  asksForReset: boolean
}

/** Remedies of errors that an edit can bring about, such as another type of what a store keeps. */
const asksForReset = /reset the application|internal topics of the application/

export class DevApps {
  readonly #options: DevAppsOptions
  readonly #apps = new Map<string, DevApp>()
  #closed = false

  constructor(options: DevAppsOptions) {
    this.#options = options
  }

  get areAny(): boolean {
    return [...this.#apps.values()].some(({ running }) => running.outcome === undefined)
  }

  /** Makes these the topologies that run. Returns when all are under way; how it goes on with them is told on the screen. */
  async become(topologies: readonly DevTopology[], edit: Edit): Promise<void> {
    const { screen } = this.#options
    const names = new Set(topologies.map(({ name }) => name))
    const removed = [...this.#apps].filter(([name]) => !names.has(name))
    const changed = topologies.filter((topology) => this.#isDue(topology))
    await Promise.all([...removed.map(([name]) => this.#stop(name)), ...changed.map(({ name }) => this.#stop(name))])
    for (const [name] of removed) {
      this.#apps.delete(name)
      screen.say(`${name} is gone; its app was stopped.`)
    }
    if (edit.isStopping()) return
    for (const topology of changed) {
      const before = this.#apps.get(topology.name)
      const { running } = this.#start(topology, 0)
      void running.started.then(() => {
        if (running.outcome === undefined || running.outcome.kind === 'ended') this.#sayStarted(topology.name, before !== undefined, edit)
      })
    }
    if (changed.length === 0 && removed.length === 0 && topologies.length > 0)
      screen.say(`Nothing to restart: what runs is the same program (${secondsSince(edit.atMs)}).`)
  }

  async stopAll(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#apps.keys()].map((name) => this.#stop(name)))
  }

  #isDue({ name, fingerprint }: DevTopology): boolean {
    const app = this.#apps.get(name)
    if (app === undefined || app.topology.fingerprint !== fingerprint) return true
    const kind = app.running.outcome?.kind
    return kind === 'failed' || kind === 'killed'
  }

  #start(topology: DevTopology, kills: number): DevApp {
    const { processes, screen, embedded } = this.#options
    const environment: Record<string, string> = embedded && usesTopics(topology.manifest) ? { MILLRACE_BROKER: 'embedded' } : {}
    const output: AppOutput = {
      appLine: (name, stream, line) => {
        if (stream === 'stderr' && asksForReset.test(line)) app.asksForReset = true
        return screen.appLine(name, stream, line)
      },
    }
    const running = new RunningApp(topology.name, processes.start({ app: topology.app, environment }), output)
    const app: DevApp = { topology, running, kills, restart: undefined, asksForReset: false }
    this.#apps.set(topology.name, app)
    void running.over.then((outcome) => this.#over(app, outcome))
    return app
  }

  async #stop(name: string): Promise<void> {
    const app = this.#apps.get(name)
    if (app === undefined) return
    clearTimeout(app.restart)
    const outcome = await app.running.stop()
    if (outcome.kind === 'stopped' && !outcome.inOrder)
      this.#options.screen.warn(`${name} did not stop, and was killed: does a callback run without end?`)
  }

  #over(app: DevApp, outcome: AppOutcome): void {
    const { screen, embedded } = this.#options
    const { name } = app.topology
    if (outcome.kind === 'ended') screen.say(`${name} ended.`)
    if (outcome.kind === 'failed') {
      const reset = embedded && app.asksForReset ? ' `millrace dev --reset` starts with new topics and new state.' : ''
      screen.problem(`${name} failed (exit code ${outcome.code}). It starts again at the next edit.${reset}`)
    }
    if (outcome.kind !== 'killed' || this.#closed) return
    const pauseMs = Math.min(pauseMsMax, pauseMsMin * 2 ** app.kills)
    screen.problem(`${name} was killed (${outcome.signal}). It starts again in ${pauseMs / 1000} s.`)
    app.restart = setTimeout(() => {
      if (this.#apps.get(name) === app && !this.#closed) this.#start(app.topology, app.kills + 1)
    }, pauseMs)
  }

  #sayStarted(name: string, wasThere: boolean, { atMs, isFirst }: Edit): void {
    const what = isFirst ? `${name} runs` : wasThere ? `rebuilt ${name}` : `started ${name}`
    this.#options.screen.say(isFirst ? `${what}, ${secondsSince(atMs)} after the start.` : `${what} in ${secondsSince(atMs)}.`)
  }
}

function secondsSince(startMs: number): string {
  return `${((performance.now() - startMs) / 1000).toFixed(1)} s`
}

function usesTopics({ nodes }: Manifest): boolean {
  return nodes.some(
    ({ input, topic, kind }) => input?.kind === 'topics' || input?.kind === 'pattern' || (kind === 'sink' && topic?.internal === false),
  )
}
