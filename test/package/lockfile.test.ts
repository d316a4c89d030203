// package-lock.json names the binaries of every platform. An install from a registry that does not have all of them leaves some out, and then `npm ci`
// refuses the lock file on every machine.

import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

interface LockFile {
  readonly packages: Readonly<Record<string, { readonly optionalDependencies?: Readonly<Record<string, string>> }>>
}

it('has an entry for each optional dependency', () => {
  const { packages }: LockFile = JSON.parse(readFileSync('package-lock.json', 'utf8'))
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter((name) => !placesOf(path, name).some((place) => place in packages)),
  )
  expect(missing).toEqual([])
})

/** Where Node would find a dependency of the package at `path`: beside it, or beside one of those it is nested in. */
function placesOf(path: string, name: string): string[] {
  const nesting = path.split('/node_modules/')
  return nesting.map((_, depth) => [...nesting.slice(0, depth + 1), name].join('/node_modules/')).concat(`node_modules/${name}`)
}
