// The commands, as oclif wants them listed. Each imports what it needs when it runs, so that --help is fast.

import { Run } from './run.ts'

export const commands = {
  run: Run,
}
