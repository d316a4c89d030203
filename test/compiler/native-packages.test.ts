// What goes beside a bundle is what this repository is tested with.

import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { packageJson, packageLock } from '../../framework/compiler/container.ts'
import { lockedPackages } from '../../framework/compiler/native-packages.ts'

type Entry = Readonly<Record<string, unknown>> & { readonly dependencies?: Readonly<Record<string, string>> }

it('locks classic-level and all that it needs as our own lock file does', () => {
  const { packages }: { packages: Readonly<Record<string, Entry>> } = JSON.parse(readFileSync('package-lock.json', 'utf8'))
  const needed = new Map<string, Entry>()
  const waiting = ['classic-level']
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const path = `node_modules/${name}`
    if (needed.has(path)) continue
    const { funding: _, ...entry } = packages[path]!
    needed.set(path, entry)
    waiting.push(...Object.keys(entry.dependencies ?? {}))
  }
  expect(lockedPackages).toEqual(Object.fromEntries(needed))
})

it('gives each locked package a checksum and names no registry', () => {
  for (const [path, entry] of Object.entries(lockedPackages)) {
    expect(entry.integrity, path).toMatch(/^sha512-/)
    expect(entry, path).not.toHaveProperty('resolved')
  }
})

it('writes a lock that agrees with the package.json beside it, or npm ci would refuse both', () => {
  const manifest = JSON.parse(packageJson('.Some_Topology')) as Entry
  const lock = JSON.parse(packageLock('.Some_Topology')) as { name: string; packages: Readonly<Record<string, Entry>> }
  expect(lock.name).toBe(manifest.name)
  expect(lock.packages['']).toEqual({ name: manifest.name, engines: manifest.engines, dependencies: manifest.dependencies })
})
