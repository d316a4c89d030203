// An image of a built topology, by the Dockerfile that lies beside it.

import { existsSync, readFileSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buildah, cache, run } from './tools.ts'

/** What the image says of how it wants to be run, in OCI's words. */
export interface ImageConfig {
  readonly User: string
  readonly Env: readonly string[]
  readonly Entrypoint: readonly string[]
  readonly WorkingDir: string
  readonly Volumes: Readonly<Record<string, object>>
  readonly Labels: Readonly<Record<string, string>>
  readonly StopSignal: string
}

export interface Image {
  readonly name: string
  readonly config: ImageConfig
  /** All that the image carries beside its files, as text: configuration, history. */
  readonly metadata: string
  readonly sizeBytes: number
}

/** `secret` stands in the .npmrc that the build is given, as a password would. */
export async function buildImage(folder: string, name: string, secret: string): Promise<Image> {
  const npmrc = join(cache, `npmrc-${process.pid}`)
  const authorities = process.env.NODE_EXTRA_CA_CERTS
  const inside = '/etc/certificate-authorities.pem'
  await writeFile(npmrc, `${await settingsOfNpm()}\n${authorities === undefined ? '' : `cafile=${inside}\n`}; ${secret}\n`, { mode: 0o600 })
  try {
    const mounts = authorities === undefined ? [] : ['--volume', `${authorities}:${inside}:ro`]
    const network = ['--isolation', 'chroot', '--network', 'host']
    await buildah('build', '--pull-never', '--no-cache', ...network, '--secret', `id=npmrc,src=${npmrc}`, ...mounts, '--tag', name, folder)
  } finally {
    await rm(npmrc)
  }
  const metadata = await buildah('inspect', '--type', 'image', name)
  const { OCIv1 } = JSON.parse(metadata) as { OCIv1: { config: ImageConfig } }
  const [listed]: { size: string }[] = JSON.parse(await buildah('images', '--json', name))
  return { name, config: OCIv1.config, metadata, sizeBytes: sizeOf(listed?.size ?? '') }
}

/** The user's own, which say where packages come from; they reach the build as its secret and nothing else. */
async function settingsOfNpm(): Promise<string> {
  const file = await run('npm', ['config', 'get', 'userconfig'])
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}

/** buildah prints 329 MB. */
function sizeOf(text: string): number {
  const [, number = '', unit = ''] = /^([\d.]+) ([KMG])B$/.exec(text) ?? []
  const factor = { K: 1e3, M: 1e6, G: 1e9 }[unit]
  if (factor === undefined) throw new Error(`buildah printed the size ${text}`)
  return Number(number) * factor
}
