import { leveldb } from '../../plugins/store-leveldb/index.ts'
import { engineOf } from '../contract/state-engine.ts'
import { typedStoresContract } from '../contract/typed-stores.ts'
import { temporaryFolders } from '../store-leveldb/temporary-folders.ts'
import { memoryEngine } from './state-under-test.ts'

const newFolder = temporaryFolders()

for (const engine of [memoryEngine, engineOf(leveldb(), 'leveldb')]) {
  for (const cacheBytesMax of [0, 500, 1_000_000]) {
    for (const logged of [true, false]) typedStoresContract({ engine, newFolder, cacheBytesMax, logged })
  }
}
