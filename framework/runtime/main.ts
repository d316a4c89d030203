// A built app as a process: command line and environment in, records through, exit code out. Standard output belongs to print() and `--summary -`; all
// else goes to standard error.
//
// Exit codes: 0 ended or stopped, everything committed; 1 failed, what was not committed is processed again at the next start; 2 wrong options or
// settings, nothing was started; 130 and 143 ended at once by a second signal.
//
// What state the app is in is published on Node's diagnostics channel `millrace:app-state`, with the app itself, for whatever runs in the same process and wants to
// know, or to read its stores.

import { channel } from 'node:diagnostics_channel'
import type { Config } from '../config.ts'
import type { TopologyDefinition } from '../dsl/topology-definition.ts'
import { isMillraceError } from '../errors.ts'
import type { Manifest } from '../graph/manifest.ts'
import { pluginSet } from '../plugins/plugin-set.ts'
import type { Plugin } from '../ports/plugin.ts'
import { App } from './app.ts'
import type { AppState } from './app-state.ts'
import { helpText, parseCommandLine } from './command-line.ts'
import { describeFailure } from './failure-report.ts'
import { withOriginalFrames } from './original-frames.ts'
import { readSettings } from './settings.ts'
import { stopOnSignals } from './signals.ts'
import { StderrLogger } from './stderr-logger.ts'
import { summaryOf, writeSummary } from './summary.ts'
import { SystemClock } from './system-clock.ts'
import { wireApp } from './wiring.ts'

export interface MainOptions {
  readonly definition: TopologyDefinition
  readonly config: Config
  /** What the compiler knows of the topology: recorded in Kafka, so that the next version is compared with it. null: it is not. */
  readonly manifest: unknown
  /** Those that come with Millrace; the configuration may name more. */
  readonly plugins: readonly Plugin[]
}

const appStates = channel('millrace:app-state')

/** Gives the exit code. */
export async function main({ definition, config, manifest, plugins }: MainOptions, host: NodeJS.Process): Promise<number> {
  try {
    const commandLine = parseCommandLine(host.argv.slice(2))
    if (commandLine.help) {
      host.stdout.write(helpText(definition.name))
      return 0
    }
    const { settings, warnings } = readSettings(config, host.env)
    const clock = new SystemClock()
    const logger = new StderrLogger({ level: settings.logLevel, format: settings.logFormat, clock, stream: host.stderr })
    for (const warning of warnings) logger.log('warn', warning)
    const print = (line: string): void => {
      host.stdout.write(`${line}\n`)
    }
    const options = wireApp({ definition, settings, plugins: pluginSet(plugins, config.plugins), clock, logger, print })
    const onState = (state: AppState): void => appStates.publish({ applicationId: options.applicationId, state, app })
    const app: App = new App({
      ...options,
      ...(manifest === null ? {} : { manifest: manifest as Manifest }),
      untilEnd: commandLine.untilEnd,
      onState,
    })
    const signals = stopOnSignals(host, app, logger)
    try {
      const totals = await app.run()
      if (commandLine.summary !== undefined)
        await writeSummary(commandLine.summary, summaryOf(options.applicationId, totals, host), host.stdout)
      return 0
    } finally {
      signals.forget()
    }
  } catch (error) {
    host.stderr.write(`${withOriginalFrames(describeFailure(error, host.env.MILLRACE_DEBUG !== undefined))}\n`)
    return isMillraceError(error, 'settings-invalid') || isMillraceError(error, 'option-unknown') ? 2 : 1
  }
}
