// The plugins and the budget of millrace.config.ts in the compiler: it is loaded only if it speaks of one of them at all, because that runs its code.

import { ts } from 'ts-morph'
import { isMillraceError } from '../errors.ts'
import { type Budget, budgetProblems } from '../graph/cost/budget.ts'
import { pluginSet } from '../plugins/plugin-set.ts'
import type { Plugin } from '../ports/plugin.ts'
import { serdeFormats } from '../serdes/from-manifest.ts'
import { configFileName, hasDefaultExport } from './config-file.ts'
import { type Diagnostic, diagnostic, type Span } from './diagnostics.ts'
import { loadConfig } from './load-config.ts'
import type { Sources } from './project.ts'

export interface ConfiguredParts {
  /** Those of the configuration alone. */
  readonly plugins: readonly Plugin[]
  /** Where `plugins` stands in the configuration. */
  readonly span: Span
  /** What topologies may cost; undefined: anything. */
  readonly budget: Budget | undefined
  readonly diagnostics: readonly Diagnostic[]
}

export async function configuredParts(config: ts.SourceFile | undefined, sources: Sources): Promise<ConfiguredParts> {
  const places = config === undefined ? {} : { plugins: placeOf('plugins', config), budget: placeOf('budget', config) }
  const place = places.plugins ?? places.budget
  const nowhere = { file: configFileName, line: 1, column: 1 }
  if (config !== undefined && !hasDefaultExport(config))
    return { plugins: [], span: nowhere, budget: undefined, diagnostics: [diagnostic('MR1507', nowhere)] }
  if (config === undefined || place === undefined) return { plugins: [], span: nowhere, budget: undefined, diagnostics: [] }
  const span = sources.spanOf(place)
  try {
    const loaded = await loadConfig(config.fileName)
    const plugins = configuredIn(loaded)
    return { plugins, span, ...budgetIn(loaded, sources.spanOf(places.budget ?? place)) }
  } catch (error) {
    const found = isMillraceError(error, 'settings-invalid')
      ? String(error.details.problems)
          .split('\n')
          .map((problem) => diagnostic('MR1502', span, { problem: problem.trim() }))
      : [diagnostic('MR1501', span, { problem: ended(error instanceof Error ? error.message : String(error)) })]
    return { plugins: [], span, budget: undefined, diagnostics: found }
  }
}

function configuredIn(config: unknown): readonly Plugin[] {
  const builtIn = [serdeFormats()]
  return pluginSet(builtIn, memberOf(config, 'plugins')).filter((plugin) => !builtIn.includes(plugin as (typeof builtIn)[number]))
}

function budgetIn(config: unknown, span: Span): Pick<ConfiguredParts, 'budget' | 'diagnostics'> {
  const budget = memberOf(config, 'budget')
  if (budget === undefined) return { budget: undefined, diagnostics: [] }
  const diagnostics = budgetProblems(budget).map((problem) => diagnostic('MR1802', span, { problem }))
  return diagnostics.length > 0 ? { budget: undefined, diagnostics } : { budget: budget as Budget, diagnostics }
}

function memberOf(config: unknown, name: string): unknown {
  return typeof config === 'object' && config !== null && name in config ? (config as Readonly<Record<string, unknown>>)[name] : undefined
}

/** Where the configuration first says this word, whatever it does with it. */
function placeOf(name: string, config: ts.SourceFile): ts.Node | undefined {
  const visit = (node: ts.Node): ts.Node | undefined => (ts.isIdentifier(node) && node.text === name ? node : ts.forEachChild(node, visit))
  return visit(config)
}

function ended(text: string): string {
  return /[.!?:]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`
}
