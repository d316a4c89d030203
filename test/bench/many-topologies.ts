// A project of many topologies, each with a join, an aggregation in windows and types of its own, that share files and topics as those of one team do.

import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..', '..')
/** Topologies to a file of types that they share. */
const sharing = 10

/** Its folder, in the ignored cache of the repository, and what removes it. */
export function manyTopologies(count: number): { readonly folder: string; readonly remove: () => void } {
  mkdirSync(join(root, '.cache'), { recursive: true })
  const folder = mkdtempSync(join(root, '.cache', 'bench-check-'))
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(root, join(folder, 'node_modules', 'millrace'), 'dir')
  cpSync(join(root, 'templates', 'flight-delays', 'tsconfig.json'), join(folder, 'tsconfig.json'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n')
  for (const part of ['topologies', 'shared']) mkdirSync(join(folder, part))
  for (let group = 0; group < count / sharing; group++) writeFileSync(join(folder, 'shared', `types-${group}.ts`), sharedText(group))
  for (let index = 0; index < count; index++) writeFileSync(topologyFile(folder, index), topologyText(index))
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

export function topologyFile(folder: string, index: number): string {
  return join(folder, 'topologies', `delays-${index}.ts`)
}

/** With another `version` it is another topology of the same types. */
export function topologyText(index: number, version = 15): string {
  const group = Math.floor(index / sharing)
  return `import { count, mean, topology, tumbling } from 'millrace'
import { type Airport${group}, type Flight${group}, isLate } from '../shared/types-${group}.ts'

interface Delay${index} {
  state: string
  carrier: string
  delay: number
}

export default topology('delays-${index}', (builder) => {
  const flights = builder.stream<string, Flight${group}>('flights-${group}')
  const airports = builder.table<string, Airport${group}>('airports-${group}')

  const delays = flights
    .filter((flight) => isLate(flight, ${version}))
    .selectKey((flight) => flight.origin)
    .join(airports, (flight, airport): Delay${index} => ({ state: airport.state, carrier: flight.carrier, delay: flight.delay }))
  const byState = delays
    .groupBy((value) => value.state)
    .windowedBy(tumbling('1h', { grace: '10m' }))
    .aggregate({ flights: count(), meanDelay: mean((value) => value.delay) })
  const byCarrier = delays
    .groupBy((value) => value.carrier)
    .reduce((worst, value) => (value.delay > worst.delay ? value : worst))

  byState.toStream().to('delay-by-state-${index}')
  byCarrier
    .toStream()
    .mapValues((worst) => ({ ...worst, hours: (worst?.delay ?? 0) / 60 }))
    .to('worst-by-carrier-${index}')
})
`
}

function sharedText(group: number): string {
  return `export interface Flight${group} {
  origin: string
  destination: string
  carrier: string
  /** Minutes; negative: too early. */
  delay: number
}

export interface Airport${group} {
  name: string
  state: string
}

export function isLate(flight: Flight${group}, minutes: number): boolean {
  return flight.delay > minutes
}
`
}
