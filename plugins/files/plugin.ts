// files() as a configuration names it.

import { definePlugin, type Plugin } from '../../framework/index.ts'
import { fromFile } from './from-file.ts'
import { toFile } from './to-file.ts'

/** Sources and sinks of files. Topologies import them by themselves; a configuration need not name this. */
export function files(): Plugin {
  return definePlugin({ name: 'files', sources: { file: fromFile }, sinks: { file: toFile } })
}
