// The programs that build and run images without a container engine: buildah with the storage of its own in .cache/, and runc, which containerd and Docker
// start containers with.

import { execFile, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const cache = resolve(import.meta.dirname, '..', '..', '.cache', 'containers')

const programs = ['buildah', 'runc', 'debootstrap', 'chroot']
const stepSecondsMax = 200

/** What is missing, as a sentence; undefined if images can be built and run here. */
export function missingTools(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'Images are built and run as root, on Linux.'
  if (debianRelease() === undefined) return 'The base image is made with debootstrap from the same release of Debian, and this is none.'
  const missing = programs.filter((program) => spawnSync('which', [program], { stdio: 'ignore' }).status !== 0)
  return missing.length === 0 ? undefined : `There is no ${missing.join(', ')} on the PATH: apt-get install buildah runc debootstrap.`
}

/** Its code name, such as bookworm. */
export function debianRelease(): string | undefined {
  try {
    return /^VERSION_CODENAME=(\w+)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1]
  } catch {
    return undefined
  }
}

export function buildah(...args: readonly string[]): Promise<string> {
  mkdirSync(cache, { recursive: true })
  driver ??= storageDriver()
  return run('buildah', [...storage(driver), ...args])
}

/** Gives stdout without the last line's end; on failure the error has all that was printed. */
export function run(program: string, args: readonly string[]): Promise<string> {
  return new Promise((done, fail) => {
    execFile(program, args, { timeout: stepSecondsMax * 1000, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      if (error === null) done(stdout.trim())
      else fail(new Error(`${program} ${args.join(' ')} failed with ${error.code ?? error.signal}\n${stdout}${stderr}`))
    })
  })
}

let driver: string | undefined

/** overlay makes a container of an image in a tenth of a second; vfs copies the image, and works everywhere. */
function storageDriver(): string {
  return spawnSync('buildah', [...storage('overlay'), 'info'], { stdio: 'ignore' }).status === 0 ? 'overlay' : 'vfs'
}

function storage(driver: string): string[] {
  return ['--root', join(cache, `storage-${driver}`), '--runroot', join(cache, `run-${driver}`), '--storage-driver', driver]
}
