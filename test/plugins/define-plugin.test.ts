import { describe, expect, test } from 'vitest'
import { definePlugin, isMillraceError, type Plugin, topology } from '../../framework/index.ts'
import { brokerMemory } from '../../plugins/broker-memory/index.ts'
import { kafka } from '../../plugins/kafka/index.ts'
import { leveldb } from '../../plugins/store-leveldb/index.ts'
import { memory } from '../../plugins/store-memory/index.ts'

const summary = 'Something is looked for.'

function refusalOf(plugin: unknown): string {
  try {
    definePlugin(plugin as Plugin)
  } catch (error) {
    expect(isMillraceError(error, 'plugin-invalid')).toBe(true)
    return (error as Error).message
  }
  throw new Error('it was taken')
}

describe('definePlugin', () => {
  test('gives back what it is given', () => {
    const plugin = {
      name: '@acme/millrace-parts',
      operators: { dedupe: () => (stream: unknown) => stream },
      topologies: { copies: topology('copies', () => {}) },
      serdes: { avro: { serde: () => ({ name: 'avro', immutable: true, read: () => 0, write: () => {} }) } },
      checks: { ACME001: { summary, graph: () => [] }, ACME002: { summary, *source() {} } },
      commands: { 'acme:report': { summary, run: () => {} }, acme: { summary, run: async () => {} } },
    }
    expect(definePlugin(plugin)).toBe(plugin)
    expect(definePlugin({ name: 'nothing' })).toEqual({ name: 'nothing' })
  })

  test('is the door of the built-in plugins too', () => {
    expect([kafka(), leveldb(), memory(), brokerMemory()].map(definePlugin).map(({ name }) => name)).toEqual([
      'kafka',
      'store-leveldb',
      'store-memory',
      'broker-memory',
    ])
  })

  test('says all that is wrong at once, and what to do', () => {
    const wrong = {
      name: 'Acme Parts',
      topologys: {},
      serdes: [],
      stores: { disk: { name: 'disk', supports: { durable: true } } },
      operators: { dedupe: 'dedupe', '2nd': () => () => 0 },
      brokers: { queue: null },
      topologies: { copies: topology('copy', () => {}), views: {} },
      checks: {
        MR1001: { summary, graph: () => [] },
        acme1: { summary, graph: () => [] },
        ACME001: { summary },
        ACME002: { graph: () => [] },
      },
      commands: { 'Acme report': { summary, run: () => {} }, 'acme:report': { summary } },
    }
    expect(refusalOf(wrong)).toMatchInlineSnapshot(`
      "The plugin without a name is not as a plugin has to be:
        its name is "Acme Parts"; a plugin is named as npm names packages, such as acme or @acme/millrace.
        topologys: there is no such kind of part; there are brokers, stores, topologies, serdes, operators, sources, sinks, metrics, checks, emitters, commands.
        serdes: it is an array, and has to be an object with each serde format by its name.
        stores: disk has no function open and no function setAside.
        operators: dedupe is no function.
        operators: "2nd" cannot be a name here; use letters, digits, hyphens and underscores, and begin with a letter.
        brokers: queue is no function.
        topologies: copies is called copy itself; give both the same name.
        topologies: views is no topology; give what topology() gives.
        checks: "MR1001" cannot be a name here; use a code of capitals and digits, such as ACME001; those that begin with MR or TS are taken.
        checks: "acme1" cannot be a name here; use a code of capitals and digits, such as ACME001; those that begin with MR or TS are taken.
        checks: ACME001 has neither a function graph nor source.
        checks: ACME002 has no summary.
        commands: "Acme report" cannot be a name here; use words of small letters, digits and hyphens, with colons between them, such as acme:report.
        commands: acme:report has no function run.
      Correct what is given to definePlugin(), or use a version of the plugin that fits this Millrace."
    `)
  })

  test.each([
    [undefined, 'it is undefined'],
    [() => ({}), 'it is a function'],
    ['acme', 'it is a string'],
    [{}, 'its name is undefined'],
    [{ name: '' }, 'its name is ""'],
  ])('refuses %o', (plugin, problem) => {
    expect(refusalOf(plugin)).toContain(`The plugin without a name is not as a plugin has to be:\n  ${problem}`)
  })

  test('refuses codes of checks that are taken by Millrace and TypeScript', () => {
    const refused = ['MR1', 'TS2322', 'MRX001'].map((code) => refusalOf({ name: 'acme', checks: { [code]: { summary, graph: () => [] } } }))
    expect(refused.filter((message) => message.includes('those that begin with MR or TS are taken'))).toHaveLength(3)
  })
})
