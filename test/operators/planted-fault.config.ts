// Runs a test with a fault in a source file: MILLRACE_PLANTED_FAULT says which text is read as which other. No file is changed.

import { join, resolve } from 'node:path'
import { defineConfig } from 'vitest/config'

interface Fault {
  readonly file: string
  readonly from: string
  readonly to: string
}

const root = resolve(import.meta.dirname, '..', '..')
const { file, from, to } = JSON.parse(process.env.MILLRACE_PLANTED_FAULT ?? '{}') as Fault

export default defineConfig({
  root,
  plugins: [
    {
      name: 'planted-fault',
      enforce: 'pre',
      transform(code, id) {
        if (id !== join(root, file)) return undefined
        const places = code.split(from).length - 1
        if (places !== 1) throw new Error(`${file} has ${places} places with ${from}`)
        return code.replace(from, () => to)
      },
    },
  ],
  test: { include: ['test/**/*.test.ts'], setupFiles: ['test/operators/planted-fault-seed.ts'], testTimeout: 120_000, maxWorkers: 1 },
})
