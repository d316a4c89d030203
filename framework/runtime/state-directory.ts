// What lies in the state folder of an application: a folder for each task, and one for what serdes keep.

import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { taskFolder } from '../state/state-folder.ts'

/** The tasks that have left state on this machine, in this process or an earlier one: the group gives them back to who has it. */
export function tasksWithState(stateDir: string, applicationId: string): readonly string[] {
  const folder = applicationFolder(stateDir, applicationId)
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => /^\d+_\d+$/.test(name))
    .sort()
}

export function serdeFolder(stateDir: string, applicationId: string): string {
  return join(applicationFolder(stateDir, applicationId), 'serdes')
}

function applicationFolder(stateDir: string, applicationId: string): string {
  return dirname(taskFolder({ stateDir, applicationId, taskId: '0_0' }))
}
