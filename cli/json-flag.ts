// --json, for every command whose output is data.

import { Flags } from './oclif.ts'

export const jsonFlag = Flags.boolean({ description: 'as JSON, for programs' })
