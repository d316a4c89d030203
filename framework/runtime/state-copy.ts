// The state folder of a task, copied to be opened: LevelDB writes when it opens a database, and what is looked at must stay as it is. Only what nobody writes to is copied: a
// lock that somebody holds is refused where the system tells of it, and a folder that changes meanwhile is refused anywhere.

import { constants, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { MillraceError } from '../errors.ts'

const lockFile = 'LOCK'
/** Linux's list of locked files, by inode. */
const heldLocks = '/proc/locks'

/** Throws `state-open` where an app has it open, and `state-not-readable`. */
export function copyStateFolder(folder: string, target: string): void {
  if (isLocked(join(folder, lockFile))) throw new MillraceError('state-open', { folder })
  try {
    const before = contents(folder)
    mkdirSync(target, { recursive: true, mode: 0o700 })
    for (const { name } of before) if (name !== lockFile) copyFileSync(join(folder, name), join(target, name), constants.COPYFILE_FICLONE)
    if (JSON.stringify(contents(folder)) === JSON.stringify(before)) return
  } catch (error) {
    // A file that an app has deleted meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      const problem = error instanceof Error ? error.message : String(error)
      throw new MillraceError('state-not-readable', { folder, problem }, error)
    }
  }
  throw new MillraceError('state-open', { folder })
}

function contents(folder: string): readonly { readonly name: string; readonly size: number; readonly changedMs: number }[] {
  const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile())
  return files.map(({ name }) => {
    const { size, mtimeMs: changedMs } = statSync(join(folder, name))
    return { name, size, changedMs }
  })
}

function isLocked(file: string): boolean {
  if (!existsSync(file) || !existsSync(heldLocks)) return false
  const { ino } = statSync(file)
  return readFileSync(heldLocks, 'utf8')
    .split('\n')
    .some((line) => /WRITE/.test(line) && line.includes(`:${ino} `))
}
