// Where a plugin is made: what is wrong with it is said there, to whoever wrote it, and not in the project that uses it.

import { MillraceError } from '../errors.ts'
import type { Plugin } from '../ports/plugin.ts'
import { isPluginName, type PartKind, partKinds } from './part-kinds.ts'

/**
 * Defines a plugin: a name, and parts of the kinds that Millrace knows, each by its name. A plugin is usually given by a function, which takes its options, and
 * named in the configuration as `plugins: [acme()]`.
 *
 * It gives back what it is given. Throws `plugin-invalid`, with all that is wrong with the names and the parts.
 *
 * @example
 * ```ts
 * import { definePlugin, type KStream, topology, string } from 'millrace'
 *
 * const shout = () => <K>(words: KStream<K, string>) => words.mapValues((word) => word.toUpperCase())
 *
 * const copies = topology('copies', (builder) => {
 *   const text = { key: string(), value: string() }
 *   builder.stream<string, string>('words', { name: 'words', ...text }).to('copies', { name: 'copies', ...text })
 * })
 *
 * export const acme = () => definePlugin({ name: 'acme', operators: { shout }, topologies: { copies } })
 * ```
 */
export function definePlugin<const P extends Plugin>(plugin: P): P {
  const problems = pluginProblems(plugin)
  if (problems.length === 0) return plugin
  const called = typeof plugin === 'object' && plugin !== null && isPluginName(plugin.name) ? plugin.name : 'without a name'
  throw new MillraceError('plugin-invalid', { plugin: called, problems: problems.join('\n  ') })
}

/** All that is wrong with what should be a plugin. */
export function pluginProblems(plugin: unknown): string[] {
  if (typeof plugin !== 'object' || plugin === null) return [`it is ${kindOf(plugin)}, and a plugin is an object with a name.`]
  const { name, ...parts } = plugin as Readonly<Record<string, unknown>>
  const ofName = isPluginName(name)
    ? []
    : [`its name is ${shown(name)}; a plugin is named as npm names packages, such as acme or @acme/millrace.`]
  return [...ofName, ...Object.entries(parts).flatMap(([kind, named]) => (named === undefined ? [] : problemsOfKind(kind, named)))]
}

function problemsOfKind(kind: string, named: unknown): string[] {
  const known = Object.hasOwn(partKinds, kind) ? partKinds[kind as PartKind] : undefined
  if (known === undefined) return [`${kind}: there is no such kind of part; there are ${Object.keys(partKinds).join(', ')}.`]
  if (typeof named !== 'object' || named === null || Array.isArray(named))
    return [`${kind}: it is ${kindOf(named)}, and has to be an object with each ${known.one} by its name.`]
  return Object.entries(named).flatMap(([name, part]) => {
    if (!known.name.test(name)) return [`${kind}: ${shown(name)} cannot be a name here; ${known.nameRule}.`]
    const problem = known.problem(part, name)
    return problem === undefined ? [] : [`${kind}: ${name} ${problem}.`]
  })
}

function kindOf(value: unknown): string {
  if (value === undefined || value === null) return String(value)
  return Array.isArray(value) ? 'an array' : typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

function shown(value: unknown): string {
  return JSON.stringify(value) ?? kindOf(value)
}
