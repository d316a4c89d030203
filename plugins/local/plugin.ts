// local() as a configuration names it.

import { definePlugin, type Plugin } from '../../framework/index.ts'
import { collect, discard } from './collect.ts'
import { generate } from './generate.ts'

/** Sources and sinks that stay in the process. Topologies import them by themselves; a configuration need not name this. */
export function local(): Plugin {
  return definePlugin({ name: 'local', sources: { generate }, sinks: { collect, discard } })
}
