import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isMillraceError, type MillraceError } from '../../framework/errors.ts'
import { asOffset } from '../../framework/ports/record.ts'
import { leveldb } from '../../plugins/store-leveldb/index.ts'
import { engineOf } from '../contract/state-engine.ts'
import { temporaryFolders } from './temporary-folders.ts'

const newFolder = temporaryFolders()
const engine = engineOf(leveldb({ writeBufferBytes: 64 * 1024 }), 'leveldb')

/** Entries of 100 bytes in batches of 100, so that a small write buffer makes tables of them. */
async function filled(batches: number): Promise<string> {
  const path = newFolder()
  const folder = await engine.open(path)
  for (let batch = 0; batch < batches; batch++) {
    const mutations = Array.from({ length: 100 }, (_, index) => ({
      store: 's',
      key: `${batch}-${index}`,
      value: Buffer.from(`${batch}-${index} `.padEnd(100, 'v')),
    }))
    await folder.write({ mutations, positions: new Map([['log', asOffset(batch + 1)]]) })
  }
  await folder.close()
  return path
}

function fileIn(folder: string, suffix: string): string {
  const name = readdirSync(folder)
    .filter((file) => file.endsWith(suffix) || file.startsWith(suffix))
    .sort()
    .at(-1)
  return join(folder, name as string)
}

async function refusal(folder: string): Promise<MillraceError> {
  const error: unknown = await engine.open(folder).then(
    (opened) => opened.close().then(() => new Error('it was opened')),
    (reason: unknown) => reason,
  )
  if (!isMillraceError(error)) throw error
  return error
}

test('a folder that another process has open is refused as locked, until that process ends', async () => {
  const path = await filled(1)
  const script = `const { ClassicLevel } = require(process.argv[1])
new ClassicLevel(process.argv[2]).open().then(() => console.log('open'))
process.stdin.resume().on('end', () => process.exit())`
  const classicLevel = createRequire(import.meta.url).resolve('classic-level')
  const other = spawn(process.execPath, ['-e', script, classicLevel, path], { stdio: ['pipe', 'pipe', 'inherit'] })
  await once(other.stdout, 'data')
  const error = await refusal(path)
  expect(error.code).toBe('state-locked')
  expect(error.message).toBe(
    `The state folder ${path} is in use by another process. Stop the other instance, or give this one a state folder of its own (MILLRACE_STATE_DIR).`,
  )
  other.stdin.end()
  await once(other, 'exit')
  const folder = await engine.open(path)
  expect(folder.positions().get('log')).toBe(1)
  await folder.close()
})

test('a folder that cannot be made is refused as not writable', async () => {
  const file = newFolder()
  writeFileSync(file, 'a file, not a folder')
  expect((await refusal(join(file, '0_0'))).code).toBe('state-not-writable')
})

test.each([
  ['a garbled CURRENT', (folder: string) => writeFileSync(join(folder, 'CURRENT'), 'garbage')],
  ['a missing manifest', (folder: string) => rmSync(fileIn(folder, 'MANIFEST'))],
  ['a garbled manifest', (folder: string) => writeFileSync(fileIn(folder, 'MANIFEST'), Buffer.alloc(60, 7))],
  ['a missing table', (folder: string) => rmSync(fileIn(folder, '.ldb'))],
])('%s is found when the folder is opened; set aside, the folder starts anew', async (_damage, destroy) => {
  const path = await filled(60)
  destroy(path)
  expect((await refusal(path)).code).toBe('state-corrupt')
  const aside = await engine.setAside(path)
  expect(aside).toBe(`${path}.damaged`)
  expect(statSync(aside).isDirectory()).toBe(true)
  const folder = await engine.open(path)
  expect(folder.positions().size).toBe(0)
  expect([...folder.store('s').range({})]).toEqual([])
  await folder.close()
})

test.each([
  ['garbled', (file: string, bytes: Buffer) => writeFileSync(file, bytes.fill(7, 100, bytes.length - 100))],
  ['truncated', (file: string, bytes: Buffer) => writeFileSync(file, bytes.subarray(0, bytes.length / 2))],
])('a %s table is found when it is read, and remembered for the next opening', async (_damage, destroy) => {
  const path = await filled(60)
  for (const name of readdirSync(path).filter((file) => file.endsWith('.ldb'))) {
    destroy(join(path, name), readFileSync(join(path, name)))
  }
  const folder = await engine.open(path).catch((error: unknown) => {
    // The table with the positions is read at the opening.
    expect(error).toMatchObject({ code: 'state-corrupt' })
  })
  if (folder !== undefined) {
    expect(() => [...folder.store('s').range({})]).toThrowError(expect.objectContaining({ code: 'state-corrupt' }))
    await folder.close()
  }
  expect((await refusal(path)).code).toBe('state-corrupt')
})

test('a batch that was torn by a crash is gone whole, with its position; those before it are there', async () => {
  const path = await filled(3)
  const log = fileIn(path, '.log')
  const bytes = readFileSync(log)
  writeFileSync(log, bytes.subarray(0, bytes.length - 50))
  const folder = await engine.open(path)
  expect(folder.positions().get('log')).toBe(2)
  expect([...folder.store('s').range({})]).toHaveLength(200)
  await folder.close()
})

test('a range worker that is no longer needed is ended, and started again when it is', async () => {
  const path = await filled(1)
  for (let round = 0; round < 2; round++) {
    const folder = await engine.open(path)
    expect([...folder.store('s').range({})]).toHaveLength(100)
    await folder.close()
  }
})
