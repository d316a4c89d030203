// The commands, as oclif wants them listed. Each imports what it needs when it runs, so that --help is fast.

import { Broker } from './broker.ts'
import { Build } from './build.ts'
import { Check } from './check.ts'
import { Consume } from './consume.ts'
import { Describe } from './describe.ts'
import { Produce } from './produce.ts'
import { Run } from './run.ts'

export const commands = {
  broker: Broker,
  build: Build,
  check: Check,
  consume: Consume,
  describe: Describe,
  produce: Produce,
  run: Run,
}
