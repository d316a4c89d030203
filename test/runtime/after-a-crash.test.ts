// All kinds of state and of windows, in an app that is killed: with stores in memory here, on disk and compared with a run without kills in
// after-a-crash.long.test.ts.

import { memory } from '../../plugins/store-memory/index.ts'
import { crashSuite } from './crash-suite.ts'
import { crashedStates } from './crashed-states.ts'
import { crashedWindows } from './crashed-windows.ts'

const engine = memory().stores!.memory!

crashSuite({ ...crashedStates, ...crashedWindows }, [{ name: 'in memory', engine, losesFolder: true }])
