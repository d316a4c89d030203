import { expect, test } from 'vitest'
import type { Config } from '../../framework/config.ts'
import { isMillraceError } from '../../framework/errors.ts'
import { readSettings, variableOf } from '../../framework/runtime/settings.ts'

test('what nobody sets has the default of Kafka Streams', () => {
  const { settings } = readSettings({}, {})
  expect(settings).toMatchObject({ commitIntervalMs: 30_000, cacheBytesMax: 10 * 1024 * 1024, processingGuarantee: 'at_least_once' })
  expect(settings.applicationId).toBeUndefined()
})

test('an environment variable wins over the configuration', () => {
  const { settings } = readSettings(
    { commitIntervalMs: 100, brokers: ['a:1'] },
    { MILLRACE_COMMIT_INTERVAL_MS: '7', MILLRACE_BROKERS: 'b:1, c:2' },
  )
  expect(settings.commitIntervalMs).toBe(7)
  expect(settings.brokers).toEqual(['b:1', 'c:2'])
})

test('brokers that are no addresses are refused, by the name that they were given under', () => {
  expect(problemsOf({ brokers: ['localhost', 'kafka-1:9092', 'http://localhost:9092'] })).toBe(`The settings are wrong:
  brokers has localhost; a broker is a host and a port, such as kafka-1:9092.
  brokers has http://localhost:9092; a broker is a host and a port, such as kafka-1:9092.
Correct them in millrace.config.ts or in the environment.`)
  expect(problemsOf({}, { MILLRACE_BROKERS: 'PLAINTEXT://a:9092' })).toContain('\n  MILLRACE_BROKERS has PLAINTEXT://a:9092; a broker is')
  const { settings } = readSettings({ brokers: ['[::1]:9092', '10.0.0.1:9092', 'kafka-0.kafka.svc:9093'] }, {})
  expect(settings.brokers).toHaveLength(3)
  expect(readSettings({ broker: 'of-mine', brokers: ['somewhere'] }, {}).settings.brokers).toEqual(['somewhere'])
})

test('a setting has the environment variable of its name', () => {
  expect(variableOf('cacheBytesMax')).toBe('MILLRACE_CACHE_BYTES_MAX')
})

test('an unknown setting is refused with the one that was meant', () => {
  expect(problemsOf({ commitIntervalMS: 1, commitInterval: 2 } as Config)).toBe(`The settings are wrong:
  There is no setting commitIntervalMS. Did you mean commitIntervalMs?
  There is no setting commitInterval. Did you mean commitIntervalMs?
Correct them in millrace.config.ts or in the environment.`)
})

test('a variable that is nearly a setting is refused, one that is far from all only warned of', () => {
  expect(problemsOf({}, { MILLRACE_BROKER_S: 'x' })).toContain('There is no setting MILLRACE_BROKER_S. Did you mean MILLRACE_BROKERS?')
  const { warnings } = readSettings({}, { MILLRACE_PORT_9092_TCP_ADDR: '10.0.0.1' })
  expect(warnings).toEqual(["The environment variable MILLRACE_PORT_9092_TCP_ADDR is none of Millrace's settings and has no effect."])
})

test('all wrong values are reported at once, each with what is wanted', () => {
  const problems = problemsOf({ compression: 'zip' } as unknown as Config, { MILLRACE_COMMIT_INTERVAL_MS: '30s', MILLRACE_BROKERS: ',' })
  expect(problems).toContain('compression must be one of none, gzip, lz4, not "zip".')
  expect(problems).toContain("MILLRACE_COMMIT_INTERVAL_MS must be a whole number, at least 0, not '30s'.")
  expect(problems).toContain("MILLRACE_BROKERS must be a list of texts, not ','.")
})

function problemsOf(config: Config, environment: Record<string, string> = {}): string {
  try {
    readSettings(config, environment)
  } catch (error) {
    if (isMillraceError(error, 'settings-invalid')) return error.message
    throw error
  }
  return 'no problem'
}
