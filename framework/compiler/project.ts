// The sources of a project, kept from one check to the next: the files of topologies/, what they import, and the project's own tsconfig. The first program
// costs seconds, the next ones reuse all that has not changed.

import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { join, relative } from 'node:path'
import { Project, ts } from 'ts-morph'
import { configFileName } from './config-file.ts'
import { type Diagnostic, diagnostic, type Span } from './diagnostics.ts'
import type { EditedFile } from './fixes/text-edits.ts'
import { isLibraryPath, withForwardSlashes } from './library.ts'

export class Sources {
  /** Absolute, with links resolved, as TypeScript has it. */
  readonly folder: string
  private readonly project: Project
  /** By file, as it was read: it is another object where it has changed, or where another file has appeared that it may import. */
  private readonly imports = new WeakMap<ts.SourceFile, readonly string[]>()

  /** The sources, or why there are none to read. */
  static open(folder: string): Sources | readonly Diagnostic[] {
    const real = realpathSync(folder)
    const config = join(real, 'tsconfig.json')
    if (!existsSync(config)) return [diagnostic('MR1001', undefined, { file: 'tsconfig.json' })]
    const errors = configErrors(config, real)
    if (errors.length > 0) return errors.map((error) => fromTypeScript(error, real))
    return new Sources(real, config)
  }

  private constructor(folder: string, tsConfigFilePath: string) {
    this.folder = folder
    this.project = new Project({ tsConfigFilePath, skipAddingFilesFromTsConfig: true, compilerOptions: { noEmit: true } })
  }

  /** Reads what has changed since the last time; all files, if none are named. */
  refresh(changed?: readonly string[]): void {
    const named = changed === undefined ? undefined : new Set(changed.map(withForwardSlashes))
    const known = this.project.getSourceFiles()
    const appeared = [...(named ?? [])].some((path) => this.project.getSourceFile(path) === undefined)
    const incomplete = appeared ? this.filesWithMissingImports() : new Set<string>()
    for (const file of known) {
      // A file that was deleted is forgotten as it is refreshed, and has no path any more.
      const path = file.getFilePath()
      if (named === undefined || named.has(path)) file.refreshFromFileSystemSync()
      // TypeScript looks for an import that it did not find only when it reads the importing file anew.
      if (!file.wasForgotten() && (named === undefined || incomplete.has(path)) && !file.isDeclarationFile())
        file.replaceWithText(file.getFullText())
    }
    for (const path of [...this.topologyPaths(), join(this.folder, configFileName)]) this.project.addSourceFileAtPathIfExists(path)
    this.project.resolveSourceFileDependencies()
  }

  /** In the program as it was before anything was read anew. */
  private filesWithMissingImports(): Set<string> {
    const { program } = this
    const checker = program.getTypeChecker()
    const misses = (file: ts.SourceFile): boolean => importsIn(file).some((literal) => checker.getSymbolAtLocation(literal) === undefined)
    const files = program.getSourceFiles().filter((file) => this.isOwn(file) && misses(file))
    return new Set(files.map(({ fileName }) => fileName))
  }

  get program(): ts.Program {
    return this.project.getProgram().compilerObject
  }

  /** The files directly in topologies/, by name. */
  topologyFiles(): ts.SourceFile[] {
    const { program } = this
    return this.topologyPaths().flatMap((path) => program.getSourceFile(path) ?? [])
  }

  /** All files of the author that are read: those of topologies/, the configuration, and what they import. */
  ownFiles(): string[] {
    const { program } = this
    return program
      .getSourceFiles()
      .filter((file) => this.isOwn(file))
      .map((file) => file.fileName)
  }

  /** The project's configuration, if it has one. */
  configFile(): ts.SourceFile | undefined {
    return this.program.getSourceFile(withForwardSlashes(join(this.folder, configFileName)))
  }

  /** A file and what it imports of the project, in the order of import, dependencies first. */
  closureOf(file: ts.SourceFile): ts.SourceFile[] {
    const found = new Set<ts.SourceFile>()
    const visiting = new Set<ts.SourceFile>()
    const visit = (current: ts.SourceFile): void => {
      if (visiting.has(current)) return
      visiting.add(current)
      for (const imported of this.ownImportsOf(current)) visit(imported)
      found.add(current)
    }
    visit(file)
    return [...found]
  }

  /** The files of the author that a file imports, types included. */
  ownImportsOf(file: ts.SourceFile): ts.SourceFile[] {
    const { program } = this
    const known = this.imports.get(file)
    if (known !== undefined) return known.flatMap((name) => program.getSourceFile(name) ?? [])
    const found = importsIn(file).flatMap((literal) => {
      const symbol = program.getTypeChecker().getSymbolAtLocation(literal)
      const files = symbol?.declarations?.map((declaration) => program.getSourceFile(declaration.getSourceFile().fileName)) ?? []
      return files.filter((imported) => imported !== undefined).filter((imported) => this.isOwn(imported))
    })
    this.imports.set(
      file,
      found.map(({ fileName }) => fileName),
    )
    return found
  }

  /** Whether a file is the author's, in the project or beside it, and not a package's. */
  isOwn(file: ts.SourceFile): boolean {
    return !file.isDeclarationFile && !file.fileName.includes('/node_modules/') && !isLibraryPath(file.fileName)
  }

  /** TypeScript's errors in these files. */
  typeErrors(files: readonly ts.SourceFile[]): Diagnostic[] {
    const { program } = this
    return this.errorsOf(files.flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]))
  }

  /** And of the project as a whole. */
  projectErrors(): Diagnostic[] {
    return this.errorsOf(this.program.getOptionsDiagnostics())
  }

  spanOf(node: ts.Node): Span {
    const file = node.getSourceFile()
    return spanAt(file, node.getStart(file), this.folder)
  }

  spanAt(file: ts.SourceFile, position: number): Span {
    return spanAt(file, position, this.folder)
  }

  /** The file of a node, for edits of it. */
  editedFile(node: ts.Node): EditedFile {
    const source = node.getSourceFile()
    return { path: this.pathOf(source), source }
  }

  pathOf(file: ts.SourceFile): string {
    return withForwardSlashes(relative(this.folder, file.fileName))
  }

  private errorsOf(found: readonly ts.Diagnostic[]): Diagnostic[] {
    return found.filter((one) => one.category === ts.DiagnosticCategory.Error).map((one) => fromTypeScript(one, this.folder))
  }

  private topologyPaths(): string[] {
    const folder = join(this.folder, 'topologies')
    if (!existsSync(folder)) return []
    const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile() && /(?<!\.d)\.m?ts$/.test(entry.name))
    return files.map((entry) => join(folder, entry.name)).sort()
  }
}

/** What a file imports from, and exports anew, as TypeScript has found it. */
function importsIn(file: ts.SourceFile): readonly ts.StringLiteralLike[] {
  return (file as ts.SourceFile & { readonly imports?: readonly ts.StringLiteralLike[] }).imports ?? []
}

function configErrors(config: string, folder: string): readonly ts.Diagnostic[] {
  const file = ts.readJsonConfigFile(config, ts.sys.readFile) as ts.TsConfigSourceFile & {
    readonly parseDiagnostics: readonly ts.Diagnostic[]
  }
  const { errors } = ts.parseJsonSourceFileConfigFileContent(file, ts.sys, folder)
  // That no file is included is no matter here (TS18002, TS18003): topology files are found by their folder.
  return [...file.parseDiagnostics, ...errors].filter((error) => error.code !== 18002 && error.code !== 18003)
}

function spanAt(file: ts.SourceFile, position: number, folder: string): Span {
  const { line, character } = file.getLineAndCharacterOfPosition(position)
  return { file: withForwardSlashes(relative(folder, file.fileName)), line: line + 1, column: character + 1 }
}

function fromTypeScript(error: ts.Diagnostic, folder: string): Diagnostic {
  const span = error.file === undefined || error.start === undefined ? undefined : spanAt(error.file, error.start, folder)
  // Paths in messages would differ from machine to machine.
  const message = ts.flattenDiagnosticMessageText(error.messageText, '\n  ').replaceAll(`${withForwardSlashes(folder)}/`, '')
  return { code: `TS${error.code}`, severity: 'error', span, message, remedy: undefined }
}
