// Manifests of what runs: of files, or as the running apps have recorded them in Kafka.

import type { Manifest } from '../framework/graph/manifest.ts'
import { readConfig, withBroker } from './connect.ts'
import { manifestsAt } from './manifests.ts'
import { Errors } from './oclif.ts'

export const runningPlaces =
  '`cluster`: what the running apps have recorded in Kafka, or `cluster:ID`: what the one of that application id has'

/** `place` is a path, `cluster` or `cluster:ID`. By the names of the topologies. */
export async function runningManifests(place: string, brokers: string | undefined): Promise<ReadonlyMap<string, Manifest>> {
  const applicationId = /^cluster:(.*)$/.exec(place)?.[1]
  if (place !== 'cluster' && applicationId === undefined) return manifestsAt(place)
  if (applicationId === '')
    throw new Errors.CLIError('cluster: must be followed by an application id, such as cluster:word-count.', { exit: 2 })
  const { recordedManifest, recordedManifests } = await import('../framework/runtime/recorded-manifest.ts')
  if (applicationId === undefined) {
    const { applicationIdPrefix = '' } = await readConfig()
    const prefix = process.env.MILLRACE_APPLICATION_ID_PREFIX ?? applicationIdPrefix
    return withBroker(brokers, (broker) => recordedManifests(broker, prefix))
  }
  const manifest = await withBroker(brokers, (broker) => recordedManifest(broker, applicationId))
  if (manifest !== undefined) return new Map([[manifest.topology, manifest]])
  throw new Errors.CLIError(
    `No app ${applicationId} has recorded what it is: there is nothing in ${applicationId}-manifest. \`millrace group list\` shows the apps; one records it when it starts.`,
    { exit: 1 },
  )
}
