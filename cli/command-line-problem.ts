// What oclif's parser found wrong with a command line, in our words: one sentence, what was probably meant, and where to see more.

import { didYouMean } from '../framework/runtime/did-you-mean.ts'
import type { Errors } from './oclif.ts'

export function commandLineProblem(error: Errors.CLIError): string {
  const problem = sentenceOf(error)
  return problem === undefined ? error.message.replace(/\nSee more help with --help$/, seeMore) : problem + seeMore
}

const seeMore = '\nSee more with --help'

/** oclif's index does not export the classes of its parser's errors; what they have is pinned with it. */
function sentenceOf(error: Errors.CLIError): string | undefined {
  if (isUnknownFlag(error)) return unknownFlag(error)
  if (isOfArguments(error, 'RequiredArgsError')) {
    const missing = error.args.map(({ name, description }) => `${name.toUpperCase()} (${description})`)
    return `${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} missing.`
  }
  if (isOfArguments(error, 'UnexpectedArgsError')) return unexpected(error.args.map(String))
  return inOneLine(error.message)
}

function unknownFlag({ flags, parse }: UnknownFlag): string {
  const known = Object.entries(parse.input.flags).flatMap(([flag, { allowNo }]) =>
    allowNo ? [`--${flag}`, `--no-${flag}`] : [`--${flag}`],
  )
  const suggestions = flags.map((flag) => didYouMean(flag, [...known, '--help'])).join('')
  return `There is no option ${flags.join(', ')}.${suggestions}`
}

export function unexpected(words: readonly string[]): string {
  return `${words.join(', ')} ${words.length === 1 ? 'is one argument' : 'are arguments'} too many.`
}

/** Of those that say all they know in their message only. */
function inOneLine(message: string): string | undefined {
  const [, flag, problem] = /^Parsing (--[a-z-]+) \n\t(.*)/.exec(message) ?? []
  if (flag !== undefined && problem !== undefined) return `${flag}: ${problem.replace(/^E/, 'e').replace(' but received: ', ', not ')}.`
  const [, chosen, given = '', options = ''] = /^Expected (--[a-z-]+)=(.*) to be one of: (.*)$/m.exec(message) ?? []
  if (chosen !== undefined) return `${chosen} is one of ${options}, not ${given}.${didYouMean(given, options.split(', '))}`
  const [, wrong = '', choices] = /^Expected (\S*) to be one of: (.*)$/m.exec(message) ?? []
  if (choices !== undefined) return `${wrong} is none of ${choices}.${didYouMean(wrong, choices.split(', '))}`
  const [, dependent, needed] = /must be provided when using (--[a-z-]+): (--[a-z-]+)/.exec(message) ?? []
  if (dependent !== undefined) return `${dependent} goes with ${needed}.`
  const [, one, other] = /(--[a-z-]+)=.* cannot also be provided when using (--[a-z-]+)/.exec(message) ?? []
  if (one !== undefined) return `${one} and ${other} do not go together.`
  const [, missing] = /Missing required flag ([a-z-]+)/.exec(message) ?? []
  if (missing !== undefined) return `The option --${missing} is missing.`
  const [, without] = /^Flag (--[a-z-]+) expects a value/.exec(message) ?? []
  return without === undefined ? undefined : `The option ${without} needs a value.`
}

interface UnknownFlag {
  readonly flags: readonly string[]
  readonly parse: { readonly input: { readonly flags: Readonly<Record<string, { readonly allowNo?: boolean }>> } }
}

function isUnknownFlag(error: Errors.CLIError): error is Errors.CLIError & UnknownFlag {
  return error.constructor.name === 'NonExistentFlagsError'
}

interface OfArguments {
  readonly args: readonly { readonly name: string; readonly description?: string }[]
}

function isOfArguments(error: Errors.CLIError, name: string): error is Errors.CLIError & OfArguments {
  return error.constructor.name === name
}
