// The plugins of millrace.config.ts in the compiler: loaded only if the configuration speaks of plugins at all, because that runs its code.

import { ts } from 'ts-morph'
import { isMillraceError } from '../errors.ts'
import { pluginSet } from '../plugins/plugin-set.ts'
import type { Plugin } from '../ports/plugin.ts'
import { serdeFormats } from '../serdes/from-manifest.ts'
import { configFileName } from './config-file.ts'
import { type Diagnostic, diagnostic, type Span } from './diagnostics.ts'
import { loadConfig } from './load-config.ts'
import type { Sources } from './project.ts'

export interface ConfiguredPlugins {
  /** Those of the configuration alone. */
  readonly plugins: readonly Plugin[]
  /** Where `plugins` stands in the configuration. */
  readonly span: Span
  readonly diagnostics: readonly Diagnostic[]
}

export async function configuredPlugins(config: ts.SourceFile | undefined, sources: Sources): Promise<ConfiguredPlugins> {
  const place = config === undefined ? undefined : placeOfPlugins(config)
  if (config === undefined || place === undefined) {
    return { plugins: [], span: { file: configFileName, line: 1, column: 1 }, diagnostics: [] }
  }
  const span = sources.spanOf(place)
  try {
    return { plugins: configuredIn(await loadConfig(config.fileName)), span, diagnostics: [] }
  } catch (error) {
    const found = isMillraceError(error, 'settings-invalid')
      ? String(error.details.problems)
          .split('\n')
          .map((problem) => diagnostic('MR1502', span, { problem: problem.trim() }))
      : [diagnostic('MR1501', span, { problem: ended(error instanceof Error ? error.message : String(error)) })]
    return { plugins: [], span, diagnostics: found }
  }
}

function configuredIn(config: unknown): readonly Plugin[] {
  const builtIn = [serdeFormats()]
  const configured = typeof config === 'object' && config !== null && 'plugins' in config ? config.plugins : undefined
  return pluginSet(builtIn, configured).filter((plugin) => !builtIn.includes(plugin as (typeof builtIn)[number]))
}

/** Where the configuration first says `plugins`, whatever it does with it. */
function placeOfPlugins(config: ts.SourceFile): ts.Node | undefined {
  const visit = (node: ts.Node): ts.Node | undefined =>
    ts.isIdentifier(node) && node.text === 'plugins' ? node : ts.forEachChild(node, visit)
  return visit(config)
}

function ended(text: string): string {
  return /[.!?:]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`
}
