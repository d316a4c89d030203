// The same cases with persistent stores on LevelDB, closed and opened again before every step. None is left out.

import { testCases } from './test-cases.ts'

await testCases('leveldb')
