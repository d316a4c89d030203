// `millrace check --watch` as a program.

import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, it } from 'vitest'
import { projectOf, startMillrace } from './program.ts'

const visits = `import { topology, tumbling } from 'millrace'

export default topology('visits', (builder) => {
  const visits = builder.stream<string, string>('visits').filter(() => Date.now() > 0)
  const counts = visits.groupByKey().windowedBy(tumbling('1h')).count()
  counts.toStream().to('counts')
})
`

describe('millrace check --watch', () => {
  it('answers each edit with a line of JSON, and Ctrl-C ends it at once', async () => {
    const folder = projectOf({ 'topologies/visits.ts': visits })
    const watch = startMillrace(['check', '--watch', '--json'], folder)
    const ended = new Promise<NodeJS.Signals | null>((resolve) => watch.once('exit', (_code, signal) => resolve(signal)))
    const lines = createInterface({ input: watch.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]()
    const next = async (): Promise<{ changed: string[]; codes: string[] }> => {
      const { value } = await lines.next()
      const { changed, diagnostics } = JSON.parse(value) as { changed: string[]; diagnostics: { code: string }[] }
      return { changed, codes: diagnostics.map(({ code }) => code) }
    }
    const edit = (file: string, text: string): void => writeFileSync(join(folder, file), text)

    expect(await next()).toEqual({ changed: [], codes: ['MR1201', 'MR1405'] })
    edit(
      'topologies/visits.ts',
      visits.replace('Date.now() > 0', 'isOpen()').replace('import', "import { isOpen } from '../hours.ts'\nimport"),
    )
    expect(await next()).toEqual({ changed: ['topologies/visits.ts'], codes: ['TS2307'] })
    edit('hours.ts', 'export const isOpen = (): boolean => true\n')
    expect(await next()).toEqual({ changed: ['hours.ts'], codes: ['MR1405'] })
    edit(
      'topologies/others.ts',
      visits
        .replace("topology('visits'", "topology('others'")
        .replace("stream<string, string>('visits')", "stream<string, number>('visits')"),
    )
    expect(await next()).toEqual({ changed: ['topologies/others.ts'], codes: ['MR1201', 'MR1405', 'MR1606', 'MR1405'] })
    rmSync(join(folder, 'topologies/others.ts'))
    expect(await next()).toEqual({ changed: ['topologies/others.ts'], codes: ['MR1405'] })
    edit('hours.ts', 'export const isOpen = (): boolean => Math.random() > 0.5\n')
    expect(await next()).toEqual({ changed: ['hours.ts'], codes: ['MR1202', 'MR1405'] })

    watch.kill('SIGINT')
    expect(await ended).toBe('SIGINT')
  }, 60_000)
})
