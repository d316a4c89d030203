// The watcher of millrace dev: no change of a file that counts is missed, whatever else happens around it.

import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { ProjectWatcher } from '../../cli/dev/project-watcher.ts'
import { projectOf } from './program.ts'

async function watched(files: Readonly<Record<string, string>>): Promise<{ folder: string; next: () => Promise<string[]> }> {
  const folder = projectOf(files)
  const watcher = await ProjectWatcher.start(folder)
  onTestFinished(() => watcher.close())
  const next = async (): Promise<string[]> => (await watcher.next()).files.map((file) => relative(folder, file)).sort()
  return { folder, next }
}

it('sees a file that is written again as soon as it was read', async () => {
  const { folder, next } = await watched({ 'dev/in.jsonl': '' })
  for (let time = 0; time < 20; time++) {
    writeFileSync(join(folder, 'dev', 'in.jsonl'), `${'x'.repeat(time)}\n`)
    expect(await next()).toEqual(['dev/in.jsonl'])
  }
})

it('tells of several at once, in whatever way they were saved, and of none that does not count', async () => {
  const { folder, next } = await watched({ 'topologies/a.ts': 'a', 'topologies/b.ts': 'b', 'lib/c.ts': 'c' })
  mkdirSync(join(folder, '.millrace', 'dev'), { recursive: true })
  mkdirSync(join(folder, 'dist'))
  for (const file of ['.millrace/dev/x.json', 'dist/app.mjs', 'README.md', 'node_modules/x.ts']) writeFileSync(join(folder, file), 'x')
  // As editors do it that never leave half a file.
  writeFileSync(join(folder, 'topologies', 'a.ts~'), 'a2')
  renameSync(join(folder, 'topologies', 'a.ts~'), join(folder, 'topologies', 'a.ts'))
  rmSync(join(folder, 'topologies', 'b.ts'))
  writeFileSync(join(folder, 'lib', 'd.ts'), 'd')
  const wanted = ['lib/d.ts', 'topologies/a.ts', 'topologies/b.ts']
  const seen = new Set<string>()
  while (seen.size < wanted.length) for (const file of await next()) seen.add(file)
  expect([...seen].sort()).toEqual(wanted)
})
