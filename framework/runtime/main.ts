// A built app as a process: command line and environment in, records through, exit code out. Standard output belongs to print() and `--summary -`; all
// else goes to standard error.
//
// Exit codes: 0 ended or stopped, everything committed; 1 failed, what was not committed is processed again at the next start; 2 wrong options or
// settings, nothing was started; 130 and 143 ended at once by a second signal.
//
// What state the app is in is published on Node's diagnostics channel `millrace:app-state`, with the app itself, for whatever runs in the same process and wants to
// know, or to read its stores.

import { channel } from 'node:diagnostics_channel'
import type { Config, Settings } from '../config.ts'
import type { TopologyDefinition } from '../dsl/topology-definition.ts'
import { isMillraceError } from '../errors.ts'
import type { ChainCodes } from '../graph/chains.ts'
import type { Manifest } from '../graph/manifest.ts'
import { pluginSet } from '../plugins/plugin-set.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { Plugin } from '../ports/plugin.ts'
import { App } from './app.ts'
import type { AppState } from './app-state.ts'
import { type CommandLine, helpText, parseCommandLine } from './command-line.ts'
import { describeFailure } from './failure-report.ts'
import { migrateAndReport } from './migration-report.ts'
import { withOriginalFrames } from './original-frames.ts'
import { readSettings } from './settings.ts'
import { stopOnSignals } from './signals.ts'
import { stderrLogger } from './stderr-logger.ts'
import { readStoppedState } from './stopped-state.ts'
import { StreamThreads, settingsOfThread, ThreadFailure } from './stream-threads.ts'
import { summaryOf, writeSummary } from './summary.ts'
import { SystemClock } from './system-clock.ts'
import { startThreadApp } from './thread-app.ts'
import type { FromThread, ThreadLink } from './thread-messages.ts'
import { type WiredApp, wireApp } from './wiring.ts'
import { answerCalls, openWorker, ownPlace } from './worker-thread.ts'

export interface MainOptions {
  readonly definition: TopologyDefinition
  /** What the compiler has written for the chains of its operators. Default: each operator runs by itself. */
  readonly chains?: ChainCodes
  readonly config: Config
  /** What the compiler knows of the topology: recorded in Kafka, so that the next version is compared with it. null: it is not. */
  readonly manifest: unknown
  /** Those that come with Millrace; the configuration may name more. */
  readonly plugins: readonly Plugin[]
  /** The URL of the file that calls this, for stream threads to load it, each for itself. Default: there can be one thread only. */
  readonly entry?: string
}

const appStates = channel('millrace:app-state')

/** Gives the exit code. */
export async function main(options: MainOptions, host: NodeJS.Process): Promise<number> {
  try {
    const commandLine = parseCommandLine(host.argv.slice(2))
    if (commandLine.help) {
      host.stdout.write(helpText(options.definition.name))
      return 0
    }
    const { settings, warnings } = readSettings(options.config, host.env)
    const clock = new SystemClock()
    const logger = stderrLogger({ level: settings.logLevel, format: settings.logFormat, clock, stream: host.stderr })
    const place = ownPlace()
    if (place !== undefined) return await runThread({ ...options, settings, commandLine, clock, logger, host }, place)
    for (const warning of warnings) logger.log('warn', warning)
    const started = { ...options, settings, commandLine, clock, logger, host }
    if (commandLine.migrateState) return await runMigration(started)
    if (commandLine.readState !== undefined) return await readStoppedState(wire(started, settings), commandLine.readState, host)
    return await runApp(started)
  } catch (error) {
    return tellFailure(error, host)
  }
}

interface Started extends MainOptions {
  readonly settings: Settings
  readonly commandLine: CommandLine
  readonly clock: Clock
  readonly logger: Logger
  readonly host: NodeJS.Process
}

/** What `millrace state migrate` does, in the place of running. */
async function runMigration(started: Started): Promise<number> {
  await migrateAndReport({ ...wire(started, started.settings), ...manifestOf(started) }, started.commandLine, started.host.stdout)
  return 0
}

/** In this thread, or in stream threads that this one looks after. */
async function runApp(started: Started): Promise<number> {
  const { commandLine, logger, host, entry } = started
  const wired = wire(started, started.settings)
  const { applicationId } = wired
  const isSupervised = started.settings.streamThreads > 1 || started.settings.uncaughtExceptionHandler === 'replace-thread'
  if (isSupervised && !wired.sharesBroker)
    logger.log('warn', 'A broker in memory is of one thread: streamThreads and replace-thread have no effect.')
  const onState = (state: AppState): void => appStates.publish({ applicationId, state, app })
  const app: App | StreamThreads =
    isSupervised && wired.sharesBroker && entry !== undefined
      ? streamThreads(started, wired, entry, onState)
      : new App({ ...wired, ...manifestOf(started), untilEnd: commandLine.untilEnd, thread: 1, onState })
  const signals = stopOnSignals(host, app, logger)
  try {
    const totals = await app.run()
    if (commandLine.summary !== undefined) await writeSummary(commandLine.summary, summaryOf(applicationId, totals, host), host.stdout)
    return 0
  } catch (error) {
    // Its thread has told why.
    if (error instanceof ThreadFailure) return error.exitCode
    throw error
  } finally {
    signals.forget()
  }
}

function streamThreads(
  { settings, clock, logger, host }: Started,
  wired: WiredApp,
  entry: string,
  onState: (state: AppState) => void,
): StreamThreads {
  const { applicationId, processId, topology, reporters = [] } = wired
  const open = (streamThread: number): ThreadLink => openWorker(entry, { streamThread, processId }, host.argv.slice(2), clock)
  return new StreamThreads({ applicationId, topology, settings, clock, logger, reporters, onState, open })
}

/** As one of several, in a worker thread. */
async function runThread(started: Started, place: NonNullable<ReturnType<typeof ownPlace>>): Promise<number> {
  const { streamThread: thread, processId, port } = place
  const { commandLine, host } = started
  let exitCode = 0
  const failure = (error: unknown): { readonly message: string; readonly exitCode: number } => {
    exitCode = tellFailure(error, host)
    return { message: error instanceof Error ? error.message : String(error), exitCode }
  }
  const tell = (message: FromThread): void => port.postMessage(message)
  try {
    const wired = wire(started, settingsOfThread(started.settings, thread))
    // What the app records of itself, it records once.
    const manifest = thread === 1 ? manifestOf(started) : {}
    const isWatched = started.settings.healthPort !== undefined
    const options = { ...wired, ...manifest, processId, thread, isWatched, untilEnd: commandLine.untilEnd }
    const { take, calls, ended } = startThreadApp(options, tell, failure)
    port.on('message', take)
    answerCalls(place, calls)
    await ended
  } catch (error) {
    tell({ kind: 'failed', ...failure(error) })
  }
  port.close()
  return exitCode
}

function wire({ definition, chains, config, plugins, clock, logger, host }: Started, settings: Settings): WiredApp {
  const print = (line: string): void => {
    host.stdout.write(`${line}\n`)
  }
  return wireApp({ definition, chains, settings, plugins: pluginSet(plugins, config.plugins), clock, logger, print })
}

function manifestOf({ manifest }: MainOptions): { readonly manifest?: Manifest } {
  return manifest === null ? {} : { manifest: manifest as Manifest }
}

/** Gives the exit code. */
function tellFailure(error: unknown, host: NodeJS.Process): number {
  host.stderr.write(`${withOriginalFrames(describeFailure(error, host.env.MILLRACE_DEBUG !== undefined))}\n`)
  return isMillraceError(error, 'settings-invalid') || isMillraceError(error, 'option-unknown') ? 2 : 1
}
