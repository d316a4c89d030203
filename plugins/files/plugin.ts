// files() as a configuration names it.

import { definePlugin, type Plugin } from '../../framework/index.ts'
import { jsonLinesSink } from './json-lines-sink.ts'
import { jsonLinesSource } from './json-lines-source.ts'

/** Sources and sinks of files. Topologies import them by themselves; a configuration need not name this. */
export function files(): Plugin {
  return definePlugin({ name: 'files', sources: { jsonLines: jsonLinesSource }, sinks: { jsonLines: jsonLinesSink } })
}
