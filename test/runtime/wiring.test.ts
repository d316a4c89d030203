import { expect, test } from 'vitest'
import { topology } from '../../framework/dsl/topology-definition.ts'
import { silentLogger } from '../../framework/ports/logger.ts'
import { readSettings } from '../../framework/runtime/settings.ts'
import { wireApp } from '../../framework/runtime/wiring.ts'
import { VirtualClock } from '../kit/virtual-clock.ts'

test('an app of an empty topology is refused before it looks for a broker', () => {
  const { settings } = readSettings({}, {})
  const definition = topology('empty', () => {})
  const wiring = { definition, settings, plugins: [], clock: new VirtualClock(), logger: silentLogger, print: () => {} }
  expect(() => wireApp(wiring)).toThrow('Topology empty: it reads nothing.')
})
