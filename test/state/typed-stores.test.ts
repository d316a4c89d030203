import { leveldb } from '../../plugins/store-leveldb/index.ts'
import { engineOf } from '../contract/state-engine.ts'
import { typedStoresContract } from '../contract/typed-stores.ts'
import { temporaryFolders } from '../store-leveldb/temporary-folders.ts'
import { memoryEngine } from './state-under-test.ts'

const newFolder = temporaryFolders()

// 500 bytes hold three rows: nearly every put makes room for itself. All other combinations are a long test.
for (const engine of [memoryEngine, engineOf(leveldb(), 'leveldb')])
  typedStoresContract({ engine, newFolder, cacheBytesMax: 500, logged: true })
typedStoresContract({ engine: memoryEngine, newFolder, cacheBytesMax: 0, logged: false })
