// The plugins of a process: those that come with Millrace and those of the configuration. One that is configured takes the place of a built-in one of
// the same name, which is how the built-in ones get options: plugins: [kafka({ ssl: true })]. No two others may share a name, nor a name of a part.

import { MillraceError } from '../errors.ts'
import type { Plugin } from '../ports/plugin.ts'
import { pluginProblems } from './define-plugin.ts'
import { type PartKind, type Parts, partKinds } from './part-kinds.ts'

/** Throws `settings-invalid` with all that is wrong. `configured` is what the configuration has as `plugins`, whatever that is. */
export function pluginSet(builtIn: readonly Plugin[], configured: unknown = []): readonly Plugin[] {
  if (!Array.isArray(configured)) throw invalid(['plugins: it has to be a list: plugins: [acme()].'])
  const problems = configured.flatMap((plugin: unknown, index) => entryProblems(plugin, index))
  if (problems.length > 0) throw invalid(problems)
  const own = configured as readonly Plugin[]
  const all = [...builtIn.filter(({ name }) => !own.some((plugin) => plugin.name === name)), ...own]
  const shared = [...sharedNames(own), ...(Object.keys(partKinds) as PartKind[]).flatMap((kind) => sharedParts(all, kind))]
  if (shared.length > 0) throw invalid(shared)
  return all
}

/** The parts of one kind, of all plugins. */
export function partsOf<Kind extends PartKind>(plugins: readonly Plugin[], kind: Kind): Parts<Kind> {
  return Object.assign({}, ...plugins.map((plugin) => plugin[kind] ?? {})) as Parts<Kind>
}

export interface NamedPart<Kind extends PartKind> {
  /** The name of the plugin. */
  readonly plugin: string
  readonly name: string
  readonly part: Parts<Kind>[string]
}

/** The same with where each comes from. */
export function namedParts<Kind extends PartKind>(plugins: readonly Plugin[], kind: Kind): NamedPart<Kind>[] {
  return plugins.flatMap((plugin) =>
    Object.entries(plugin[kind] ?? {}).map(([name, part]) => ({ plugin: plugin.name, name, part: part as Parts<Kind>[string] })),
  )
}

function entryProblems(plugin: unknown, index: number): string[] {
  const place = `plugins: entry ${index + 1}`
  if (typeof plugin === 'function')
    return [`${place} is the function ${plugin.name || 'without a name'}; call it: ${plugin.name || 'acme'}().`]
  const [first, ...others] = pluginProblems(plugin)
  if (first === undefined) return []
  return [`${place} is no plugin: ${[first, ...others].join(' ')} Give what definePlugin() or a plugin's function gives.`]
}

function sharedNames(plugins: readonly Plugin[]): string[] {
  const names = plugins.map(({ name }) => name)
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))].map(
    (name) => `plugins: ${name} is there more than once; leave one of them out.`,
  )
}

function sharedParts(plugins: readonly Plugin[], kind: PartKind): string[] {
  const owners = new Map<string, string[]>()
  for (const { plugin, name } of namedParts(plugins, kind)) owners.set(name, [...(owners.get(name) ?? []), plugin])
  return [...owners].flatMap(([name, [first, ...others]]) => {
    const second = others.find((other) => other !== first)
    return second === undefined
      ? []
      : [`plugins: ${first} and ${second} both have a ${partKinds[kind].one} called ${name}; leave one of them out.`]
  })
}

function invalid(problems: readonly string[]): MillraceError {
  return new MillraceError('settings-invalid', { problems: problems.join('\n  ') })
}
