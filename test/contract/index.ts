// millrace/testkit/contract: the contracts of parts of plugins, to be run in vitest. One call in a test file is a suite.

export { type BrokerUnderTest, brokerContract } from './broker.ts'
export { type EmitterUnderTest, emitterContract } from './emitter.ts'
export { type GraphCheckUnderTest, graphCheckContract } from './graph-check.ts'
export { type SerdeUnderTest, serdeContract } from './serde.ts'
export { type SinkUnderTest, sinkContract } from './sink.ts'
export { type SourceUnderTest, sourceContract } from './source.ts'
export { type StateEngineUnderTest, stateEngineContract } from './state-engine.ts'
export { type OperatorUnderTest, operatorContract, type PipedRecord, type TopologyUnderTest, topologyContract } from './topology.ts'
