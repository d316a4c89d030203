// Writes the module with the functions of a topology's chains. Between two steps there is no record: what steps have made stands in `key` and `value`, and a
// record is made where a callback can see it, and behind the last step. Each function is text of its own, so that the engine sees
// at each call the one callback that is called there, and can take it in.
//
//     function step0(record, key, value) {
//       let at = 0
//       try {
//         if (!call0(record.value)) return
//         at = enter(1)
//         value = call1(record.value) ?? null
//         outlet.forward(record.withValue(value))
//       } catch (error) {
//         fail(error, at, record)
//       }
//     }

import { type Chain, type Step, type StepKind, shapeOf } from '../../graph/chains.ts'

export function chainCodesSource(chains: readonly Chain[]): string {
  return `export const chains = {\n${chains.map(codeOf).join('')}}\n`
}

function codeOf(chain: Chain): string {
  const calls = chain.map((_, step) => `call${step}`).join(', ')
  return `  // ${chain.map(({ node }) => node.replaceAll(/\s/g, ' ')).join(' > ')}
  ${JSON.stringify(chain[0]?.node)}: {
    shape: '${shapeOf(chain)}',
    make([${calls}], { outlet, enter, fail }) {
${functionFrom(chain, 0, untouched).join('\n')}
      return step0
    },
  },
`
}

/** What steps have made since there was a record last. */
interface Made {
  readonly key: boolean
  readonly value: boolean
}

const untouched: Made = { key: false, value: false }

/** The function of the steps from `first` on: to the end, or to a step that gives several records. For each of those it calls the function of the steps behind. */
function functionFrom(chain: Chain, first: number, before: Made): string[] {
  const body: string[] = []
  let made = before
  for (let index = first; index < chain.length; index++) {
    const step = chain[index] as Step
    const isLast = index === chain.length - 1
    if (step.seen === 3 && (made.key || made.value)) {
      body.push(`record = ${recordOf(made)}`)
      made = untouched
    }
    if (index > first) body.push(`at = enter(${index})`)
    const call = callOf(index, step, made)
    made = { key: made.key || changesKey.has(step.kind), value: made.value || changesValue.has(step.kind) }
    if (isFlat(step)) {
      const [items, item] = step.kind === 'flatMap' ? ['pairs', '[newKey, newValue]'] : ['values', 'newValue']
      const [key, value] = [step.kind === 'flatMap' ? 'newKey ?? null' : 'key', 'newValue ?? null']
      const onward = isLast ? `outlet.forward(${recordOf(made, key, value)})` : `step${index + 1}(record, ${key}, ${value})`
      body.push(
        `const ${items} = ${call}`,
        `for (const ${item} of ${items}) {`,
        `  ${onward}`,
        ...(isLast ? [] : [`  enter(${index})`]),
        '}',
      )
      return [...framed(first, body), ...(isLast ? [] : functionFrom(chain, index + 1, made))]
    }
    body.push(...statementsOf(step, call))
  }
  body.push(`outlet.forward(${recordOf(made)})`)
  return framed(first, body)
}

const changesKey: ReadonlySet<StepKind> = new Set(['map', 'selectKey', 'flatMap'])
const changesValue: ReadonlySet<StepKind> = new Set(['map', 'mapValues', 'flatMap', 'flatMapValues'])

function isFlat({ kind }: Step): boolean {
  return kind === 'flatMap' || kind === 'flatMapValues'
}

/** A callback's result may be undefined; a record knows null alone. */
function statementsOf({ kind }: Step, call: string): readonly string[] {
  switch (kind) {
    case 'filter':
      return [`if (!${call}) return`]
    case 'filterNot':
      return [`if (${call}) return`]
    case 'mapValues':
      return [`value = ${call} ?? null`]
    case 'selectKey':
      return [`key = ${call} ?? null`]
    case 'map':
      // Both or none: what fails while it is taken apart has made nothing.
      return [
        '{',
        `  const pair = ${call}`,
        '  const [newKey, newValue] = pair',
        '  key = newKey ?? null',
        '  value = newValue ?? null',
        '}',
      ]
    case 'peek':
      return [call]
    default:
      return []
  }
}

function callOf(index: number, { seen }: Step, made: Made): string {
  const all = [made.value ? 'value' : 'record.value', made.key ? 'key' : 'record.key', 'record']
  return `call${index}(${all.slice(0, seen).join(', ')})`
}

function recordOf(made: Made, key = 'key', value = 'value'): string {
  if (made.key && made.value) return `record.withPair(${key}, ${value})`
  if (made.key) return `record.withKey(${key})`
  return made.value ? `record.withValue(${value})` : 'record'
}

function framed(first: number, body: readonly string[]): string[] {
  return [
    `function step${first}(record, key, value) {`,
    `  let at = ${first === 0 ? '0' : `enter(${first})`}`,
    '  try {',
    ...body.map((line) => `    ${line}`),
    '  } catch (error) {',
    `    fail(error, at, record)`,
    '  }',
    '}',
  ].map((line) => `      ${line}`)
}
