// The compiler in a thread of its own: reading the project the first time takes seconds, in which the broker has to answer its members, and Ctrl-C has to be heard.

import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { type BuiltTopology, type CompilerProject, openProject } from '../../framework/compiler/index.ts'
import type { CompileAnswer, Compiled, CompileRequest, CompilerSettings, DevTopology } from './compiler-messages.ts'

const { folder, out } = workerData as CompilerSettings
let project = open()

parentPort?.on('message', async (request: CompileRequest) => {
  try {
    answer({ kind: 'compiled', compiled: await compile(request) })
  } catch (error) {
    answer({ kind: 'failed', problem: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  }
})

function open(): CompilerProject {
  return openProject(folder, { keepWarm: true })
}

async function compile({ changed, reopen }: CompileRequest): Promise<Compiled> {
  if (reopen) project = open()
  else project.refresh(changed)
  const { diagnostics, topologies } = await project.build({ out, linked: true })
  await project.writeDeclarations()
  return { diagnostics, topologies: await Promise.all(topologies.map(devTopology)), files: project.files() }
}

async function devTopology({ name, source, folder, manifest }: BuiltTopology): Promise<DevTopology> {
  const app = join(folder, 'app.mjs')
  const fingerprint = createHash('sha256')
    .update(await readFile(app))
    .digest('hex')
  return { name, source, app, fingerprint, manifest }
}

function answer(message: CompileAnswer): void {
  parentPort?.postMessage(message)
}
