// All kinds of state and of windows, in an app that is killed, with stores on a disk that is lost with the process, or left as the kill left it.

import { leveldb } from '../../plugins/store-leveldb/index.ts'
import { memory } from '../../plugins/store-memory/index.ts'
import { crashSuite, unharmedSuite } from './crash-suite.ts'
import { crashedStates } from './crashed-states.ts'
import { crashedWindows } from './crashed-windows.ts'

const engine = leveldb().stores!.leveldb!
const cases = { ...crashedStates, ...crashedWindows }

unharmedSuite(cases, memory().stores!.memory!)
crashSuite(cases, [
  { name: 'the folder deleted', engine, losesFolder: true },
  { name: 'the folder as it was', engine, losesFolder: false },
])
