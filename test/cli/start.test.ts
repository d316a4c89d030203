// What makes the program start fast: it loads what a command needs, when it needs it. How long that takes is shown by `npm run bench:cli`.

import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { filesLoadedBy } from './loaded-files.ts'

const bin = join(resolve(import.meta.dirname, '..', '..'), 'build', 'cli', 'bin.js')

it.each([['--help'], ['--version'], ['topic', 'list', '--help'], ['topic'], ['new', '--list']])(
  'millrace %s %s %s loads neither the compiler nor the runtime nor the Kafka client',
  (...words) => {
    const files = filesLoadedBy([bin, ...words])
    expect(files).toContain('build/cli/oclif.js')
    const allowed =
      /^build\/(cli\/|framework\/(errors|config|ports\/[a-z]+|runtime\/did-you-mean)\.js)|^node_modules\/(fastest-levenshtein|cli-table3)\//
    expect(
      files
        .filter((file) => file.startsWith('build/') || /node_modules\/(?:@oclif|ts-morph|esbuild|kafkajs)\//.test(file))
        .filter((file) => !allowed.test(file)),
    ).toEqual([])
  },
)

it('millrace --help loads no command', () => {
  const files = filesLoadedBy([bin, '--help'])
  expect(files.filter((file) => file.startsWith('build/cli/commands/'))).toEqual([])
  expect(files.length).toBeLessThan(20)
})
