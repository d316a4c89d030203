// millrace/testkit: what tests of topologies use.

export type { CapturedRecord } from './captured-records.ts'
export {
  type InputOptions,
  type OutputRecord,
  type OutputSerdes,
  type PipeAllOptions,
  TestInputTopic,
  TestOutputTopic,
} from './test-topics.ts'
export { type TestDriverOptions, TopologyTestDriver } from './topology-test-driver.ts'
export { VirtualClock } from './virtual-clock.ts'
