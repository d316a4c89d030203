// From a configuration and an environment to settings that can be relied on. All problems are reported at once.

import { readFileSync } from 'node:fs'
import * as v from 'valibot'
import { type Config, type SettingName, type SettingSpec, type Settings, settingsTable } from '../config.ts'
import { MillraceError } from '../errors.ts'
import { Secret } from '../ports/secret.ts'
import { didYouMean, nearest } from './did-you-mean.ts'

export type Environment = Readonly<Record<string, string | undefined>>

const prefix = 'MILLRACE_'
const exactlyOnceCommitMs = 100
/** Variables that are no settings. */
const otherVariables = ['MILLRACE_DEBUG']
/** What a configuration has besides settings. */
const otherMembers = ['plugins', 'budget']
const names = Object.keys(settingsTable) as SettingName[]
const isSecret = (name: SettingName): boolean => settingsTable[name].kind === 'secret'
const secretFiles = names.filter(isSecret).map((name) => `${variableOf(name)}_FILE`)
const variables = new Set([...names.map(variableOf), ...secretFiles])

export interface SettingsRead {
  readonly settings: Settings
  /** Sentences for the log: what looks odd and may be right. */
  readonly warnings: readonly string[]
}

/** Throws `settings-invalid`, which names every problem. */
export function readSettings(config: Config, environment: Environment): SettingsRead {
  const problems: string[] = []
  const warnings: string[] = []
  for (const name of Object.keys(config))
    if (!otherMembers.includes(name) && !(name in settingsTable))
      problems.push(`There is no setting ${name}.${didYouMean(name, [...names, ...otherMembers])}`)
  for (const variable of Object.keys(environment)) checkVariable(variable, problems, warnings)
  const entries = names.map((name) => [name, readSetting(name, config, environment, problems)])
  const settings = byGuarantee(Object.fromEntries(entries) as Settings, config, environment)
  if (problems.length === 0) checkBrokers(settings, environment, problems)
  if (problems.length === 0) checkDeadLetters(settings, problems)
  if (problems.length === 0) checkTransactions(settings, problems)
  if (problems.length === 0) checkTags(settings, problems)
  if (problems.length === 0) checkServer(settings, problems)
  if (problems.length > 0) throw new MillraceError('settings-invalid', { problems: problems.join('\n  ') })
  return { settings, warnings }
}

/** `commitIntervalMs`: MILLRACE_COMMIT_INTERVAL_MS. */
export function variableOf(name: string): string {
  return prefix + name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()
}

/** What is not committed is not seen: exactly once commits more often, as Kafka Streams does. */
function byGuarantee(settings: Settings, config: Config, environment: Environment): Settings {
  const isSet = config.commitIntervalMs !== undefined || environment[variableOf('commitIntervalMs')] !== undefined
  return settings.processingGuarantee === 'exactly_once_v2' && !isSet ? { ...settings, commitIntervalMs: exactlyOnceCommitMs } : settings
}

/** Of Kafka alone: what a broker plugin of somebody else takes for an address is its own affair. */
function checkBrokers({ broker = 'kafka', brokers }: Settings, environment: Environment, problems: string[]): void {
  if (broker !== 'kafka') return
  const source = environment[variableOf('brokers')] === undefined ? 'brokers' : variableOf('brokers')
  for (const address of brokers)
    if (!/^\[?[^\]/\s@]+\]?:\d{1,5}$/.test(address))
      problems.push(`${source} has ${address}; a broker is a host and a port, such as kafka-1:9092.`)
}

function checkTransactions({ processingGuarantee, commitIntervalMs, transactionTimeoutMs }: Settings, problems: string[]): void {
  if (processingGuarantee === 'exactly_once_v2' && commitIntervalMs >= transactionTimeoutMs)
    problems.push(
      `commitIntervalMs is ${commitIntervalMs}, and a transaction has to end within transactionTimeoutMs, which is ${transactionTimeoutMs}.`,
    )
}

function checkServer({ applicationServer: server, healthPort }: Settings, problems: string[]): void {
  if (server === undefined) return
  if (!/^[^/\s@:]+:\d{1,5}$|^\[[0-9a-fA-F:]+\]:\d{1,5}$/.test(server))
    problems.push(`applicationServer is ${server}; it is a host and a port, such as app-0:8080.`)
  if (healthPort === undefined) problems.push('applicationServer is set, and without healthPort nobody answers there.')
}

function checkTags({ clientTags, rackAwareAssignmentTags }: Settings, problems: string[]): void {
  const names = clientTags.map((tag) => tag.slice(0, Math.max(0, tag.indexOf('='))))
  for (const [index, name] of names.entries()) {
    if (name === '') problems.push(`clientTags has ${clientTags[index]}; a tag is a name and a value, such as zone=a.`)
    else if (names.indexOf(name) < index) problems.push(`clientTags has ${name} twice.`)
  }
  for (const name of rackAwareAssignmentTags)
    if (!names.includes(name)) problems.push(`rackAwareAssignmentTags names ${name}, which clientTags does not have.`)
}

function checkDeadLetters(settings: Settings, problems: string[]): void {
  const handlers = [
    'deserializationExceptionHandler',
    'processingExceptionHandler',
    'productionExceptionHandler',
    'processingRetriesExhausted',
  ] as const
  if (settings.deadLetterTopic !== undefined) return
  for (const handler of handlers)
    if (settings[handler] === 'dead-letter') problems.push(`${handler} is dead-letter, and deadLetterTopic does not say which topic.`)
}

/** A name of ours that is nearly right is an error; others may be there by chance (Kubernetes makes some for each service). */
function checkVariable(variable: string, problems: string[], warnings: string[]): void {
  if (!variable.startsWith(prefix) || variables.has(variable) || otherVariables.includes(variable)) return
  const meant = nearest(
    variable.slice(prefix.length),
    [...variables].map((known) => known.slice(prefix.length)),
  )
  if (meant === undefined) warnings.push(`The environment variable ${variable} is none of Millrace's settings and has no effect.`)
  else problems.push(`There is no setting ${variable}. Did you mean ${prefix}${meant}?`)
}

function readSetting(name: SettingName, config: Config, environment: Environment, problems: string[]): unknown {
  const spec: SettingSpec = settingsTable[name]
  const variable = variableOf(name)
  if (spec.kind === 'secret') return readSecret(name, config, environment, problems)
  const text = environment[variable]
  const [given, source] = text === undefined ? [(config as Readonly<Record<string, unknown>>)[name], name] : [parse(spec, text), variable]
  if (given === undefined) return spec.default
  const result = v.safeParse(schemaOf(spec), given)
  if (result.success) return result.output
  problems.push(`${source} must be ${expected(spec)}, not ${text === undefined ? JSON.stringify(given) : `'${text}'`}.`)
  return undefined
}

/** From its variable, or from the file that `<variable>_FILE` names, as containers are given secrets. What it is stands in no message. */
function readSecret(name: SettingName, config: Config, environment: Environment, problems: string[]): Secret | undefined {
  const variable = variableOf(name)
  const file = environment[`${variable}_FILE`]
  const text = environment[variable]
  if (name in config)
    problems.push(`${name} is a secret, and would be in the bundle: set ${variable}, or ${variable}_FILE to a file that has it.`)
  if (file !== undefined && text !== undefined) problems.push(`${variable} and ${variable}_FILE are both set; one of them is enough.`)
  else if (text !== undefined) return new Secret(text)
  else if (file !== undefined) {
    try {
      // Editors and `echo` end a file with a line end, which is no part of a password.
      return new Secret(readFileSync(file, 'utf8').replace(/\r?\n$/, ''))
    } catch (error) {
      problems.push(`${variable}_FILE names ${file}, which cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}.`)
    }
  }
  return undefined
}

/** Text as the schema of its kind wants it; what cannot be so is left for the schema to refuse. */
function parse(spec: SettingSpec, text: string): unknown {
  if (spec.kind === 'list') return text.split(',').map((part) => part.trim())
  return spec.kind === 'number' && /^-?\d+$/.test(text.trim()) ? Number(text) : text
}

function schemaOf(spec: SettingSpec): v.GenericSchema<unknown> {
  if (spec.kind === 'number') return v.pipe(v.number(), v.safeInteger(), v.minValue(spec.min))
  if (spec.kind === 'list') return v.pipe(v.array(v.pipe(v.string(), v.nonEmpty())), v.nonEmpty())
  if (spec.kind === 'choice') return v.picklist(spec.choices)
  if (spec.kind === 'form') return v.pipe(v.string(), v.regex(spec.pattern))
  return v.string()
}

function expected(spec: SettingSpec): string {
  if (spec.kind === 'number') return `a whole number, at least ${spec.min}`
  if (spec.kind === 'list') return 'a list of texts'
  if (spec.kind === 'form') return spec.expected
  return spec.kind === 'choice' ? `one of ${spec.choices.join(', ')}` : 'a text'
}
