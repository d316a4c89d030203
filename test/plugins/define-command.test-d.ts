import { expectTypeOf, test } from 'vitest'
import { type Broker, type Command, defineCommand, definePlugin } from '../../framework/index.ts'

test('a command is given what its arguments and flags say', () => {
  const command = defineCommand({
    summary: 'Report.',
    args: { topic: { description: 'on which', required: true }, until: { description: 'until when' } },
    flags: {
      loud: { kind: 'boolean', description: 'loudly' },
      least: { kind: 'number', description: 'at least', default: 1 },
      most: { kind: 'number', description: 'at most' },
      style: { kind: 'text', description: 'how', choices: ['long', 'short'], required: true },
      tag: { kind: 'text', description: 'what for', multiple: true },
    },
    async run({ args, flags, fail, withBroker }) {
      expectTypeOf(args).toEqualTypeOf<{ readonly topic: string; readonly until: string | undefined }>()
      expectTypeOf(flags.loud).toEqualTypeOf<boolean>()
      expectTypeOf(flags.least).toEqualTypeOf<number>()
      expectTypeOf(flags.most).toEqualTypeOf<number | undefined>()
      expectTypeOf(flags.style).toEqualTypeOf<'long' | 'short'>()
      expectTypeOf(flags.tag).toEqualTypeOf<readonly string[]>()
      expectTypeOf(await withBroker(async (broker) => broker)).toEqualTypeOf<Broker>()
      expectTypeOf(fail('no')).toEqualTypeOf<never>()
      // @ts-expect-error there is no such flag
      flags.other
    },
  })
  expectTypeOf(command).toEqualTypeOf<Command>()
  expectTypeOf(defineCommand({ summary: 'Nothing.', run: () => {} })).toEqualTypeOf<Command>()
})

test('a plugin keeps the types of its parts', () => {
  const plugin = definePlugin({ name: 'acme', operators: { twice: (times: number) => () => times } })
  expectTypeOf(plugin.operators.twice).toEqualTypeOf<(times: number) => () => number>()
  // @ts-expect-error a broker is a function
  definePlugin({ name: 'acme', brokers: { queue: 'queue' } })
})
