export { type LeveldbOptions, leveldb } from './leveldb.ts'
