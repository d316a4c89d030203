// The kinds of parts that a plugin can have: how each is named, and what a part has to have. One entry for each kind; nothing else knows the list.

import type { Plugin } from '../ports/plugin.ts'

export type PartKind = Exclude<keyof Plugin, 'name'>

/** The parts of a kind, by name. */
export type Parts<Kind extends PartKind> = NonNullable<Plugin[Kind]>

interface PartKindEntry {
  /** What a part is called: `state engine`. */
  readonly one: string
  readonly name: RegExp
  /** What a name has to be like, for messages. */
  readonly nameRule: string
  /** What is wrong with a part, to be put behind its name: `has no function open`. */
  problem(part: unknown, name: string): string | undefined
}

const word = { name: /^[A-Za-z][\w-]*$/, nameRule: 'use letters, digits, hyphens and underscores, and begin with a letter' }

export const partKinds: Readonly<Record<PartKind, PartKindEntry>> = {
  brokers: { one: 'broker', ...word, problem: notAFunction },
  stores: { one: 'state engine', ...word, problem: (part) => lacks(part, ['open', 'setAside'], ['supports']) },
  topologies: {
    one: 'topology',
    name: /^(?!\.+$)[\w.-]{1,150}$/,
    nameRule: 'use at most 150 letters, digits, dots, hyphens and underscores',
    problem: (part, name) => {
      if (!isObject(part) || part.kind !== 'topology') return 'is no topology; give what topology() gives'
      return part.name === name ? undefined : `is called ${String(part.name)} itself; give both the same name`
    },
  },
  serdes: { one: 'serde format', ...word, problem: (part) => lacks(part, ['serde']) },
  operators: { one: 'operator', ...word, problem: notAFunction },
  sources: { one: 'source', ...word, problem: notAFunction },
  sinks: { one: 'sink', ...word, problem: notAFunction },
  metrics: { one: 'metrics reporter', ...word, problem: notAFunction },
  checks: {
    one: 'check',
    name: /^(?!MR|TS)[A-Z]{2,}\d+$/,
    nameRule: 'use a code of capitals and digits, such as ACME001; those that begin with MR or TS are taken',
    problem: (part) => {
      if (!isObject(part) || (part.graph === undefined && part.source === undefined)) return 'has neither a function graph nor source'
      return lacks(part, part.graph === undefined ? ['source'] : ['graph'], ['summary'])
    },
  },
  emitters: { one: 'emitter', ...word, problem: (part) => lacks(part, ['emit'], ['summary']) },
  commands: {
    one: 'command',
    name: /^[a-z][a-z0-9-]*(:[a-z][a-z0-9-]*)*$/,
    nameRule: 'use words of small letters, digits and hyphens, with colons between them, such as acme:report',
    problem: (part) => lacks(part, ['run'], ['summary']),
  },
}

/** npm's rule for names of packages. */
export function isPluginName(name: unknown): name is string {
  return typeof name === 'string' && /^(@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/.test(name)
}

function isObject(part: unknown): part is Readonly<Record<string, unknown>> {
  return typeof part === 'object' && part !== null
}

function notAFunction(part: unknown): string | undefined {
  return typeof part === 'function' ? undefined : 'is no function'
}

function lacks(part: unknown, functions: readonly string[], members: readonly string[] = []): string | undefined {
  if (!isObject(part)) return 'is no object'
  const missing = [
    ...functions.filter((name) => typeof part[name] !== 'function').map((name) => `no function ${name}`),
    ...members.filter((name) => part[name] === undefined).map((name) => `no ${name}`),
  ]
  return missing.length === 0 ? undefined : `has ${missing.join(' and ')}`
}
