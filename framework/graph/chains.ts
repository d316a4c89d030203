// Chains of operators that keep no state, one behind the other with nobody else between them: the compiler writes one function for each, and a task runs that
// function in the place of the operators. The topology stays as it is: names, describe() and the manifest know nothing of it.

import type { StreamRecord } from '../ports/record.ts'
import { argumentsSeen } from './arguments-seen.ts'
import type { Callback, OperatorSpec } from './operator-spec.ts'
import type { ProcessorNode, Topology } from './topology.ts'

export type StepKind = 'pass' | 'filter' | 'filterNot' | 'map' | 'mapValues' | 'selectKey' | 'flatMap' | 'flatMapValues' | 'peek'

export interface Step {
  readonly node: string
  readonly kind: StepKind
  /** How many arguments its callback can see: value, key, record. */
  readonly seen: number
}

/** At least two, in the order of the records. */
export type Chain = readonly Step[]

/** What the compiler has written for the chains of a topology, by their first nodes. */
export type ChainCodes = Readonly<Record<string, ChainCode>>

export interface ChainCode {
  /** As `shapeOf` had it. A topology that turns out otherwise in the app than at build time runs node by node. */
  readonly shape: string
  /** `calls`: the callbacks, a step each. Gives the function that takes one record through the chain. */
  readonly make: (calls: readonly (Callback<unknown> | undefined)[], around: ChainSurroundings) => (record: AnyRecord) => void
}

/** What the function of a chain is given. */
export interface ChainSurroundings {
  readonly outlet: { forward(record: AnyRecord): void }
  /** Told of each step before it begins; gives the same number. */
  readonly enter: (step: number) => number
  /**
   * A step has thrown. Returns if the record is left out, else throws. What the steps before it have made need not be in `record`: its place, time and headers are all
   * that is asked of it where no function of the user decides, and where one does operators run by themselves.
   */
  readonly fail: (error: unknown, step: number, record: AnyRecord) => void
}

type AnyRecord = StreamRecord<unknown, unknown>

/** In the order of their first nodes. */
export function chainsOf(topology: Topology): readonly Chain[] {
  const nodes = new Map([...topology.nodes].filter((entry): entry is [string, ProcessorNode] => entry[1].kind === 'processor'))
  const steps = new Map([...nodes].flatMap(([name, node]) => stepsOf(node).map((step) => [name, step] as const)))
  /** By the step before it: the one behind, where neither has anybody else there. */
  const next = new Map<Step, Step>()
  for (const [name, step] of steps) {
    const [child, ...others] = nodes.get(name)!.children
    const follower = child === undefined || others.length > 0 ? undefined : steps.get(child)
    if (follower !== undefined && nodes.get(follower.node)!.parents.length === 1) next.set(step, follower)
  }
  const inside = new Set(next.values())
  return [...steps.values()].filter((step) => next.has(step) && !inside.has(step)).map((first) => chainFrom(first, next))
}

function chainFrom(first: Step, next: ReadonlyMap<Step, Step>): Chain {
  const chain = [first]
  for (let step = next.get(first); step !== undefined; step = next.get(step)) chain.push(step)
  return chain
}

/** The code for one chain has to know this much of it. */
export function shapeOf(chain: Chain): string {
  return chain.map(({ kind, seen }) => `${kind}/${seen}`).join(' ')
}

export function callbackOf({ operator }: ProcessorNode): Callback<unknown> | undefined {
  switch (operator.kind) {
    case 'filter':
      return operator.predicate
    case 'map':
    case 'mapValues':
    case 'flatMap':
    case 'flatMapValues':
      return operator.mapper
    case 'selectKey':
      return operator.selector
    case 'peek':
      return operator.action
    default:
      return undefined
  }
}

/** None if it has state, or does what a function of one record cannot do. */
function stepsOf(node: ProcessorNode): readonly Step[] {
  const kind = stepKind(node.operator)
  const callback = callbackOf(node)
  return kind === undefined ? [] : [{ node: node.name, kind, seen: callback === undefined ? 0 : Math.min(argumentsSeen(callback), 3) }]
}

function stepKind(operator: OperatorSpec): StepKind | undefined {
  switch (operator.kind) {
    case 'filter':
      return operator.negate ? 'filterNot' : 'filter'
    case 'pass':
    case 'map':
    case 'mapValues':
    case 'selectKey':
    case 'flatMap':
    case 'flatMapValues':
    case 'peek':
      return operator.kind
    default:
      return undefined
  }
}
