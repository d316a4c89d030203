// What of the platform must not be called in an operator, as data: by the name of a global, or by the module of Node that declares it. What is in no table
// is taken for pure.

import type { DiagnosticCode } from '../diagnostics.ts'

/** Globals, by how they are written. */
const impureGlobals: Readonly<Record<string, DiagnosticCode>> = {
  Date: 'MR1201',
  'Date.now': 'MR1201',
  'performance.now': 'MR1201',
  'process.hrtime': 'MR1201',
  'process.hrtime.bigint': 'MR1201',
  'process.uptime': 'MR1201',
  'Temporal.Now.instant': 'MR1201',
  'Temporal.Now.plainDateISO': 'MR1201',
  'Temporal.Now.plainDateTimeISO': 'MR1201',
  'Temporal.Now.plainTimeISO': 'MR1201',
  'Temporal.Now.zonedDateTimeISO': 'MR1201',
  'Math.random': 'MR1202',
  'crypto.randomUUID': 'MR1202',
  'crypto.getRandomValues': 'MR1202',
  setTimeout: 'MR1203',
  setInterval: 'MR1203',
  setImmediate: 'MR1203',
  queueMicrotask: 'MR1203',
  'process.nextTick': 'MR1203',
  fetch: 'MR1206',
}

/** Classes of which an instance talks to the world. */
const impureClasses: ReadonlySet<string> = new Set(['WebSocket', 'EventSource', 'XMLHttpRequest', 'BroadcastChannel', 'Worker'])

/** Of Node's modules, without `node:`: all that they declare. */
const impureModules: Readonly<Record<string, DiagnosticCode>> = {
  child_process: 'MR1206',
  cluster: 'MR1206',
  dgram: 'MR1206',
  dns: 'MR1206',
  'dns/promises': 'MR1206',
  fs: 'MR1206',
  'fs/promises': 'MR1206',
  http: 'MR1206',
  http2: 'MR1206',
  https: 'MR1206',
  inspector: 'MR1206',
  net: 'MR1206',
  os: 'MR1207',
  process: 'MR1207',
  readline: 'MR1206',
  'readline/promises': 'MR1206',
  repl: 'MR1206',
  sqlite: 'MR1206',
  timers: 'MR1203',
  'timers/promises': 'MR1203',
  tls: 'MR1206',
  worker_threads: 'MR1206',
}

/** Of modules that are pure but for these. */
const impureOfModules: Readonly<Record<string, DiagnosticCode>> = {
  'crypto.generateKey': 'MR1202',
  'crypto.generateKeyPair': 'MR1202',
  'crypto.generateKeyPairSync': 'MR1202',
  'crypto.generateKeySync': 'MR1202',
  'crypto.getRandomValues': 'MR1202',
  'crypto.randomBytes': 'MR1202',
  'crypto.randomFill': 'MR1202',
  'crypto.randomFillSync': 'MR1202',
  'crypto.randomInt': 'MR1202',
  'crypto.randomUUID': 'MR1202',
  'perf_hooks.now': 'MR1201',
}

/** Of impure modules, what is a calculation. */
const pureOfModules: ReadonlySet<string> = new Set([
  'net.isIP',
  'net.isIPv4',
  'net.isIPv6',
  'http.validateHeaderName',
  'http.validateHeaderValue',
  'worker_threads.isMarkedAsUntransferable',
])

/** Writing there is what console does. */
const outputs = /^process\.(stdout|stderr)\b/

/** What is wrong with calling a global (`Date.now`); undefined for nothing. */
export function codeOfGlobal(name: string): DiagnosticCode | undefined {
  const code = Object.hasOwn(impureGlobals, name) ? impureGlobals[name] : undefined
  if (code !== undefined) return code
  return name.startsWith('process.') && !outputs.test(name) ? 'MR1207' : undefined
}

/** What is wrong with making an instance of a global class. */
export function codeOfClass(name: string): DiagnosticCode | undefined {
  return impureClasses.has(name) ? 'MR1206' : undefined
}

/** What is wrong with calling what a module of Node declares. */
export function codeOfModule(module: string, name: string): DiagnosticCode | undefined {
  const whole = `${module}.${name}`
  if (pureOfModules.has(whole)) return undefined
  if (Object.hasOwn(impureModules, module)) return impureModules[module]
  return Object.hasOwn(impureOfModules, whole) ? impureOfModules[whole] : undefined
}

/** Whether to read it, without calling it, reads the environment of the process. */
export function isEnvironment(name: string): boolean {
  return /^process\.\w+$/.test(name) && !outputs.test(name)
}

/** Methods of Date that take the time zone of the machine. */
const zonedMethods: ReadonlySet<string> = new Set([
  'getDate',
  'getDay',
  'getFullYear',
  'getHours',
  'getMonth',
  'getTimezoneOffset',
  'setDate',
  'setFullYear',
  'setHours',
  'setMonth',
  'toDateString',
  'toString',
  'toTimeString',
])

/** Methods that take the language of the machine if they are given none, with the number of arguments that says all. */
const localeMethods: Readonly<Record<string, number>> = {
  localeCompare: 2,
  toLocaleDateString: 2,
  toLocaleLowerCase: 1,
  toLocaleString: 1,
  toLocaleTimeString: 2,
  toLocaleUpperCase: 1,
}

/** What a method of a built-in class takes of the machine that it runs on; undefined for nothing. */
export function takenOfMachine(owner: string, method: string, argumentCount: number): string | undefined {
  if (owner === 'Date' && zonedMethods.has(method)) return 'time zone'
  if (!Object.hasOwn(localeMethods, method)) return undefined
  const needed = owner === 'Date' ? 2 : (localeMethods[method] ?? 0)
  if (argumentCount >= needed) return undefined
  return owner === 'Date' ? 'language and the time zone' : 'language'
}
