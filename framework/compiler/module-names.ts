// The names of modules in a bundle: the same on every machine, whatever the installation looks like.

import { dirname, relative } from 'node:path'
import { isLibraryPath, libraryFolder, packageAt, packageFolderOf, withForwardSlashes } from './library.ts'
import type { BundledPackage } from './output/sbom.ts'

/** They show in the output and in the source map before the path: `npm:kafkajs@2.2.4/index.js`. */
export const namespaces = ['app', 'millrace', 'npm', 'virtual'] as const

export type Namespace = (typeof namespaces)[number]

export interface ModuleName {
  readonly namespace: Namespace
  readonly path: string
}

interface Package extends BundledPackage {
  readonly folder: string
}

export class ModuleNames {
  private readonly projectFolder: string
  private readonly filesByName = new Map<string, string>()
  private readonly packages = new Map<string, Package>()

  constructor(projectFolder: string) {
    this.projectFolder = projectFolder
  }

  /** The name of a file, and from then on the file of that name. */
  nameOf(file: string): ModuleName {
    const name = this.nameFor(file)
    this.filesByName.set(`${name.namespace}:${name.path}`, file)
    return name
  }

  /** undefined for a module that was never named. */
  fileOf({ namespace, path }: { readonly namespace: string; readonly path: string }): string | undefined {
    return this.filesByName.get(`${namespace}:${path}`)
  }

  /** The package that a named module is of. */
  packageWith(module: ModuleName): BundledPackage | undefined {
    const file = this.fileOf(module)
    if (file === undefined) return undefined
    const { name, version, licence } = this.packageOf(dirname(file))
    return { name, version, licence }
  }

  private nameFor(file: string): ModuleName {
    const isInstalled = withForwardSlashes(file).includes('/node_modules/')
    const fromProject = withForwardSlashes(relative(this.projectFolder, file))
    if (!isInstalled && !fromProject.startsWith('../')) return { namespace: 'app', path: fromProject }
    if (isLibraryPath(withForwardSlashes(file))) {
      return { namespace: 'millrace', path: withForwardSlashes(relative(libraryFolder, file)).replace(/^build\//, '') }
    }
    // A neighbour of the project, as in a repository of several: it lies where it lies from the project, on every machine.
    if (!isInstalled) return { namespace: 'app', path: fromProject }
    const { folder, name, version } = this.packageOf(dirname(file))
    return { namespace: 'npm', path: `${name}@${version}/${withForwardSlashes(relative(folder, file))}` }
  }

  private packageOf(folder: string): Package {
    const known = this.packages.get(folder)
    if (known !== undefined) return known
    const nearest = packageFolderOf(folder)
    const { name, version, licence } = packageAt(nearest)
    // Some packages hold nameless package.json files that only say what the modules in a folder are.
    const found = name === '' || version === '' ? this.packageOf(dirname(nearest)) : { folder: nearest, name, version, licence }
    this.packages.set(folder, found)
    return found
  }
}
