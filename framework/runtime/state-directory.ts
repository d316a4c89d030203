// Which tasks have left state on this machine, in this process or an earlier one: the group gives them back to who has it.

import { existsSync, readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { taskFolder } from '../state/state-folder.ts'

export function tasksWithState(stateDir: string, applicationId: string): readonly string[] {
  const folder = dirname(taskFolder({ stateDir, applicationId, taskId: '0_0' }))
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => /^\d+_\d+$/.test(name))
    .sort()
}
