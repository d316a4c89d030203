// millrace diff: what becomes of the state of a running app when another version takes its place.

import type { ManifestChange } from '../../framework/graph/evolution/compare-manifests.ts'
import { brokersFlag } from '../connect.ts'
import { jsonFlag } from '../json-flag.ts'
import { manifestsAt } from '../manifests.ts'
import { Args, Command, Flags } from '../oclif.ts'
import { runningManifests, runningPlaces } from '../running-manifests.ts'
import { jsonOf } from '../tables.ts'

export class Diff extends Command {
  static override summary = 'Say what a new version of a topology does to the state of the old one.'
  static override description =
    'Compares two manifests, of files, of built topologies or of folders of them; the old one may be what a running app has recorded in Kafka. Each change is safe, needs migration, or loses state; with one that is not safe and not allowed ' +
    'the exit code is 1. What a callback does is in no manifest.'
  static override examples = [
    '<%= config.bin %> diff old/dist dist',
    '<%= config.bin %> diff cluster:word-count dist/word-count --brokers kafka-1:9092',
    '<%= config.bin %> diff manifest.json dist/word-count --allow store-added',
  ]
  static override args = {
    old: Args.string({
      required: true,
      ignoreStdin: true,
      description: `a manifest.json, the folder of what was built before, ${runningPlaces}`,
    }),
    new: Args.string({ required: true, ignoreStdin: true, description: 'the same of what is built now' }),
  }
  static override flags = {
    allow: Flags.string({ multiple: true, description: 'a change that is meant: its kind, kind:subject, or all', helpValue: 'CHANGE' }),
    brokers: brokersFlag,
    json: jsonFlag,
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Diff)
    const { changesText, compareManifests, refusedChanges } = await import('../../framework/graph/evolution/compare-manifests.ts')
    const before = await runningManifests(args.old, flags.brokers)
    const after = manifestsAt(args.new)
    // A single one on each side is meant, whatever it is called.
    const renamed = before.size === 1 && after.size === 1 ? [...before.values()][0] : undefined
    const topologies = [...after].map(([name, manifest]) => {
      const old = before.get(name) ?? renamed
      return { name, isNew: old === undefined, changes: old === undefined ? [] : compareManifests(old, manifest) }
    })
    const gone = renamed === undefined ? [...before.keys()].filter((name) => !after.has(name)) : []
    const refused = topologies.flatMap(({ changes }) => refusedChanges(changes, flags.allow ?? []))
    if (refused.length > 0) process.exitCode = 1
    if (flags.json) return this.log(jsonOf({ topologies: topologies.map(({ name, changes }) => ({ name, changes })), gone }))
    for (const { name, isNew, changes } of topologies) this.log(`${name}: ${summary(isNew, changes)}\n${changesText(changes)}`.trimEnd())
    for (const name of gone) this.log(`${name}: no longer built; its group and topics stay.`)
  }
}

function summary(isNew: boolean, changes: readonly ManifestChange[]): string {
  if (isNew) return 'new.'
  return changes.length === 0 ? 'nothing changes for its state.' : changes.length === 1 ? '1 change.' : `${changes.length} changes.`
}
