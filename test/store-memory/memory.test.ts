import { memory } from '../../plugins/store-memory/index.ts'
import { engineOf, stateEngineContract } from '../contract/state-engine.ts'

stateEngineContract({ name: 'memory', engine: engineOf(memory(), 'memory'), newFolder: () => 'nowhere' })
