// The stores of an app that does not run, read out of its state folder. The built app does it, which knows their types and has their serdes.

import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { builtFolder } from './built-topology.ts'
import { Errors, Flags } from './oclif.ts'

export const dirFlag = Flags.string({
  description:
    'of an app that does not run: its state folder (MILLRACE_STATE_DIR; of millrace dev .millrace/state). It is copied, and stays as it is',
  helpValue: 'FOLDER',
  exclusive: ['app'],
})

export const topologyFlag = Flags.string({
  description: 'with --dir: the built topology; may be left out if only one is built',
  helpValue: 'NAME',
  dependsOn: ['dir'],
})

/** From here on the app has the process, its output and its exit code. */
export async function readStoppedApp(dir: string, topology: string | undefined, question: string): Promise<void> {
  const { app, environment } = appFor(dir, topology)
  Object.assign(process.env, environment)
  process.argv = [process.execPath, app, '--read-state', question]
  await import(pathToFileURL(app).href)
}

/** What the app prints, as JSON. It says itself what goes wrong; then the command ends with its exit code. */
export function answerOfStoppedApp(dir: string, topology: string | undefined, question: string): unknown {
  const { app, environment } = appFor(dir, topology)
  const { status, stdout } = spawnSync(process.execPath, [app, '--read-state', question], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  })
  if (status !== 0) throw new Errors.ExitError(status ?? 1)
  return JSON.parse(stdout) as unknown
}

function appFor(dir: string, topology: string | undefined): { readonly app: string; readonly environment: Record<string, string> } {
  const app = join(builtFolder(topology), 'app.mjs')
  const { stateDir, applicationId } = placeOf(resolve(dir))
  return {
    app,
    environment: { MILLRACE_STATE_DIR: stateDir, ...(applicationId === undefined ? {} : { MILLRACE_APPLICATION_ID: applicationId }) },
  }
}

/** The folder of all applications, or of one. */
function placeOf(dir: string): { readonly stateDir: string; readonly applicationId: string | undefined } {
  if (!existsSync(dir)) throw new Errors.CLIError(`There is no folder ${dir}.`, { exit: 1 })
  if (hasTasks(dir)) return { stateDir: dirname(dir), applicationId: basename(dir) }
  const [only, ...others] = readdirSync(dir).filter((name) => hasTasks(join(dir, name)))
  // Otherwise it is for the settings of the app to say which is its own.
  return { stateDir: dir, applicationId: others.length > 0 ? undefined : only }
}

function hasTasks(folder: string): boolean {
  try {
    return readdirSync(folder).some((name) => /^\d+_\d+$/.test(name))
  } catch {
    return false
  }
}
