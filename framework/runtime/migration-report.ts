// `--migrate-state` of a built app: what a start would refuse is refused here too, then the stored values are made new, and what was done is said and recorded.

import type { Manifest } from '../graph/manifest.ts'
import type { AppOptions } from './app.ts'
import type { CommandLine } from './command-line.ts'
import { migrateState } from './migrate-state.ts'
import { checkVersion, recordVersion, withMigrated } from './recorded-manifest.ts'
import { writeSummary } from './summary.ts'

type Migrating = Pick<AppOptions, 'topology' | 'applicationId' | 'broker' | 'settings' | 'clock'> & { readonly manifest?: Manifest }

export async function migrateAndReport(
  { topology, applicationId, broker, settings, clock, manifest }: Migrating,
  { dryRun, summary }: Pick<CommandLine, 'dryRun' | 'summary'>,
  stdout: NodeJS.WritableStream,
): Promise<void> {
  await broker.connect()
  try {
    const { allowedChanges: allowed, replicationFactor } = settings
    const check = { broker, applicationId, allowed, replicationFactor, nowMs: clock.now() }
    if (manifest !== undefined) await checkVersion({ ...check, manifest })
    const stores = await migrateState({ topology, applicationId, broker, dryRun })
    const migrated = new Set(stores.filter(({ skipped }) => skipped === undefined).map(({ store }) => store))
    if (manifest !== undefined && !dryRun && migrated.size > 0)
      await recordVersion({ ...check, manifest: withMigrated(manifest, migrated) })
    if (summary !== undefined) await writeSummary(summary, { application: applicationId, dryRun, stores }, stdout)
    if (summary === '-') return
    if (stores.length === 0) stdout.write('No store of the topology has a migrate: there is nothing to do.\n')
    for (const { store, values, migrated: made, skipped } of stores) {
      const done = `${made} of ${values} values ${dryRun ? 'would be made new' : 'made new'}.`
      const left = `left as it is: ${skipped}. Its values are made new where they are read.`
      stdout.write(`${store}: ${skipped === undefined ? done : left}\n`)
    }
  } finally {
    await broker.close()
  }
}
