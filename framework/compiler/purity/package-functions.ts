// Packages that are known, with what of them is not pure. All else of them is pure; of packages that are not here nothing is known, and nothing is said.

import type { DiagnosticCode } from '../diagnostics.ts'

interface KnownPackage {
  /** By the name of the function; '*' is every one of the package. */
  readonly impure: Readonly<Record<string, DiagnosticCode>>
  /** Functions that read the clock if they are given no argument. */
  readonly clockWithoutArguments?: readonly string[]
  /** Functions that change their first argument. */
  readonly changesFirst?: readonly string[]
}

const all = (code: DiagnosticCode, names: string): Record<string, DiagnosticCode> =>
  Object.fromEntries(names.split(' ').map((name) => [name, code]))

const input: KnownPackage = { impure: { '*': 'MR1206' } }
const random: KnownPackage = { impure: { '*': 'MR1202' } }

const lodash: KnownPackage = {
  impure: {
    now: 'MR1201',
    ...all('MR1202', 'random sample sampleSize shuffle uniqueId'),
    ...all('MR1203', 'debounce defer delay throttle'),
  },
  changesFirst: (
    'assign assignIn assignInWith assignWith defaults defaultsDeep extend extendWith fill merge mergeWith pull pullAll ' +
    'pullAllBy pullAllWith pullAt remove reverse set setWith unset update updateWith'
  ).split(' '),
}

const known: Readonly<Record<string, KnownPackage>> = {
  lodash,
  'lodash-es': lodash,
  'date-fns': {
    impure: all(
      'MR1201',
      'endOfToday endOfTomorrow endOfYesterday formatDistanceToNow formatDistanceToNowStrict isFuture isPast isThisHour isThisISOWeek isThisMinute ' +
        'isThisMonth isThisQuarter isThisSecond isThisWeek isThisYear isToday isTomorrow isYesterday startOfToday startOfTomorrow startOfYesterday',
    ),
  },
  dayjs: { impure: all('MR1201', 'fromNow toNow'), clockWithoutArguments: ['dayjs'] },
  moment: { impure: all('MR1201', 'fromNow toNow now'), clockWithoutArguments: ['moment', 'utc'] },
  luxon: { impure: all('MR1201', 'now toRelative toRelativeCalendar'), clockWithoutArguments: ['local', 'utc'] },
  uuid: { impure: all('MR1202', 'v1 v4 v6 v7') },
  nanoid: { impure: all('MR1202', 'nanoid customAlphabet customRandom random') },
  ulid: { impure: all('MR1202', 'ulid monotonicFactory') },
  '@paralleldrive/cuid2': { impure: all('MR1202', 'createId init') },
  '@faker-js/faker': random,
  chance: random,
  '@aws-sdk/client-dynamodb': input,
  '@aws-sdk/client-s3': input,
  '@elastic/elasticsearch': input,
  axios: input,
  'fs-extra': input,
  got: input,
  ioredis: input,
  kafkajs: input,
  ky: input,
  mongodb: input,
  mysql2: input,
  'node-fetch': input,
  pg: input,
  redis: input,
  superagent: input,
  undici: input,
  ws: input,
}

/** What is wrong with calling a function of a package. */
export function codeOfPackage(packageName: string, name: string, argumentCount: number): DiagnosticCode | undefined {
  const entry = Object.hasOwn(known, packageName) ? known[packageName] : undefined
  if (entry === undefined) return undefined
  if (argumentCount === 0 && entry.clockWithoutArguments?.includes(name)) return 'MR1201'
  return Object.hasOwn(entry.impure, name) ? entry.impure[name] : entry.impure['*']
}

/** Whether a function of a package changes its first argument. */
export function changesFirstArgument(packageName: string, name: string): boolean {
  return Object.hasOwn(known, packageName) && (known[packageName]?.changesFirst?.includes(name) ?? false)
}

/** The package that a file belongs to: its types may be those of @types. */
export function packageOfFile(path: string): string | undefined {
  const found = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]
  if (found === undefined || !found.startsWith('@types/')) return found
  const plain = found.slice('@types/'.length)
  const scoped = /^(.+)__(.+)$/.exec(plain)
  return scoped === null ? plain : `@${scoped[1]}/${scoped[2]}`
}
