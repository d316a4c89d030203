// One process a folder, such as one broker a data folder: a file names the process that has it. A killed process leaves the file behind, so it counts only while that process lives; on Linux its start time
// tells it from a later process with the same number (in a container every process may be number 1).

import fs from 'node:fs'
import path from 'node:path'
import { MillraceError } from '../../../framework/index.ts'

/** Makes the folder if there is none. Gives what unlocks it; throws `broker-folder-locked` or `broker-folder-unusable`. */
export function lockFolder(folder: string, fileName = 'broker.lock'): () => void {
  const file = path.join(folder, fileName)
  const mine = identityOf(process.pid)!
  try {
    fs.mkdirSync(folder, { recursive: true })
    if (!create(file, mine)) {
      const owner = fs.readFileSync(file, 'utf8').trim()
      const pid = Number(owner.split(' ')[0])
      if (owner !== '' && identityOf(pid) === owner) {
        throw new MillraceError('broker-folder-locked', { folder, process: pid })
      }
      fs.writeFileSync(file, mine)
    }
  } catch (error) {
    if (error instanceof MillraceError) throw error
    throw new MillraceError('broker-folder-unusable', { folder, problem: error instanceof Error ? error.message : String(error) }, error)
  }
  let held = true
  return () => {
    if (held) fs.rmSync(file, { force: true })
    held = false
  }
}

function create(file: string, content: string): boolean {
  try {
    fs.writeFileSync(file, content, { flag: 'wx' })
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

/** `<pid> <start time>`, or `<pid>` where start times cannot be read; undefined if there is no such process. */
function identityOf(pid: number): string | undefined {
  if (!Number.isInteger(pid) || pid <= 0) return undefined
  try {
    process.kill(pid, 0)
  } catch (error) {
    // Somebody else's process lives too.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return undefined
  }
  try {
    // The process name, in brackets, may hold blanks; the start time is the twentieth field behind it.
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8')
    return `${pid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`
  } catch {
    return String(pid)
  }
}
