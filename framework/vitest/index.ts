// millrace/vitest: topologies in tests as in a build.

export { type MillraceOptions, millrace } from './millrace-plugin.ts'
