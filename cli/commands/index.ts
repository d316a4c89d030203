// The commands, as oclif wants them listed. Each imports what it needs when it runs, so that --help is fast.

import { Build } from './build.ts'
import { Check } from './check.ts'
import { Run } from './run.ts'

export const commands = {
  build: Build,
  check: Check,
  run: Run,
}
