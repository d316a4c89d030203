import { leveldb } from '../../plugins/store-leveldb/index.ts'
import { engineOf, stateEngineContract } from '../contract/state-engine.ts'
import { temporaryFolders } from './temporary-folders.ts'

const newFolder = temporaryFolders()

stateEngineContract({ name: 'leveldb', engine: engineOf(leveldb(), 'leveldb'), newFolder })
