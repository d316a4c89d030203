// --json, for every command whose output is data.

import { Flags } from '@oclif/core'

export const jsonFlag = Flags.boolean({ description: 'as JSON, for programs' })
