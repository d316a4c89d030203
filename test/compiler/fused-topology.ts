// A topology with the functions that the compiler writes for its chains, as an app has it.

import { runInThisContext } from 'node:vm'
import { chainCodesSource } from '../../framework/compiler/output/chain-codes.ts'
import { type ChainCodes, chainsOf } from '../../framework/graph/chains.ts'
import type { Topology } from '../../framework/graph/topology.ts'

export function fused(topology: Topology): Topology {
  return { ...topology, chainCodes: codesOf(chainCodesSource(chainsOf(topology))) }
}

/** What the text of the module exports. */
function codesOf(source: string): ChainCodes {
  return runInThisContext(`(() => { ${source.replace('export ', '')} return chains })()`, { filename: 'chains.js' }) as ChainCodes
}
