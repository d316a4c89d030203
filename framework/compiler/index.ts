// The compiler as a library: what `millrace check`, `build` and `describe` call.

// The types of what a source check looks at.
export type { ts } from 'ts-morph'
export type { LiveCluster } from './cluster/cluster-check.ts'
export {
  type BuildOptions,
  type BuildProgress,
  type BuildResult,
  type BuiltTopology,
  type CompilerProject,
  openProject,
  type ProjectOptions,
} from './compiler.ts'
export { derivedModule } from './derivation.ts'
export { validatorOf } from './derive/validator.ts'
export { type Diagnostic, type DiagnosticCode, diagnosticCodes, hasErrors, type Severity, type Span } from './diagnostics.ts'
export type { FixResult } from './fixes/fix-files.ts'
export type { Fix, TextEdit } from './fixes/text-edits.ts'
export { type FormatOptions, formatDiagnostics, formatFixed, summarizeDiagnostics } from './format-diagnostics.ts'
export type { ProjectModules } from './project-modules.ts'
export { diagnosticPage, gitHubText, sarifText } from './report-formats.ts'
export type { RewrittenFile } from './rewrite.ts'
export type { CheckedSources, SourceCheck, SourceTopology } from './source-check.ts'
