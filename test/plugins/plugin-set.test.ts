import { describe, expect, test } from 'vitest'
import { definePlugin, isMillraceError, type Plugin } from '../../framework/index.ts'
import { namedParts, partsOf, pluginSet } from '../../framework/plugins/plugin-set.ts'
import { serdeFormats } from '../../framework/serdes/from-manifest.ts'
import { brokerMemory } from '../../plugins/broker-memory/index.ts'
import { kafka } from '../../plugins/kafka/index.ts'

const builtIn = [kafka(), brokerMemory(), serdeFormats()]
const format = { serde: () => ({ name: 'avro', immutable: true, read: () => 0, write: () => {} }) }

function refusalOf(configured: unknown): string {
  try {
    pluginSet(builtIn, configured)
  } catch (error) {
    expect(isMillraceError(error, 'settings-invalid')).toBe(true)
    return (error as Error).message
  }
  throw new Error('it was taken')
}

describe('the plugins of a process', () => {
  test('are the built-in ones and those of the configuration', () => {
    const acme = definePlugin({ name: 'acme', serdes: { avro: format } })
    expect(pluginSet(builtIn, undefined)).toEqual(builtIn)
    const all = pluginSet(builtIn, [acme])
    expect(all).toEqual([...builtIn, acme])
    expect(partsOf(all, 'serdes').avro).toBe(format)
    expect(Object.keys(partsOf(all, 'brokers'))).toEqual(['kafka', 'memory'])
    expect(partsOf(all, 'topologies')).toEqual({})
    expect(namedParts(all, 'brokers').map(({ plugin, name }) => `${plugin}/${name}`)).toEqual(['kafka/kafka', 'broker-memory/memory'])
  })

  test('have a built-in one replaced by a configured one of its name', () => {
    const own = kafka({ ssl: true })
    const all = pluginSet(builtIn, [own])
    expect(all.filter(({ name }) => name === 'kafka')).toEqual([own])
    expect(partsOf(all, 'brokers').kafka).toBe(own.brokers?.kafka)
  })

  test('may not share the name of a part: both are named', () => {
    const first = definePlugin({ name: 'first', serdes: { avro: format } })
    const second = definePlugin({ name: 'second', serdes: { avro: format, json: format } })
    expect(refusalOf([first, second])).toBe(
      'The settings are wrong:\n' +
        '  plugins: serdes and second both have a serde format called json; leave one of them out.\n' +
        '  plugins: first and second both have a serde format called avro; leave one of them out.\n' +
        'Correct them in millrace.config.ts or in the environment.',
    )
  })

  test('may have the same name of a part for other kinds of parts', () => {
    const acme = definePlugin({ name: 'acme', serdes: { kafka: format } })
    expect(pluginSet(builtIn, [acme])).toContain(acme)
  })

  test('are named once each', () => {
    const acme: Plugin = { name: 'acme' }
    expect(refusalOf([acme, acme])).toContain('plugins: acme is there more than once; leave one of them out.')
  })

  test('have to be plugins, and what is none is told what to do', () => {
    expect(refusalOf({ name: 'acme' })).toContain('plugins: it has to be a list: plugins: [acme()].')
    expect(refusalOf([kafka])).toContain('plugins: entry 1 is the function kafka; call it: kafka().')
    expect(refusalOf([kafka(), 'acme', { nam: 'x' }])).toBe(
      'The settings are wrong:\n' +
        '  plugins: entry 2 is no plugin: it is a string, and a plugin is an object with a name. ' +
        "Give what definePlugin() or a plugin's function gives.\n" +
        '  plugins: entry 3 is no plugin: its name is undefined; a plugin is named as npm names packages, such as acme or @acme/millrace. ' +
        'nam: there is no such kind of part; there are brokers, stores, topologies, serdes, operators, sources, sinks, metrics, checks, emitters, commands. ' +
        "Give what definePlugin() or a plugin's function gives.\n" +
        'Correct them in millrace.config.ts or in the environment.',
    )
  })
})
