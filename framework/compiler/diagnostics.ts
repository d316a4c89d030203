// Everything that the compiler has to say, in one list: how grave it is, what is wrong in a sentence, what to do next. Users and tools test
// the code, so a code keeps its meaning for ever; the words may change. What varies comes in as details and is put where {name} stands.
// TypeScript's own errors go the same way under their own codes (TS2322) and carry no remedy.

import type { Fix } from './fixes/text-edits.ts'

export type Severity = 'error' | 'warning'

/** A place in a source file: the path is relative to the project and has forward slashes; line and column count from 1. */
export interface Span {
  readonly file: string
  readonly line: number
  readonly column: number
}

export interface Diagnostic {
  readonly code: string
  readonly severity: Severity
  /** undefined where the whole project is meant. */
  readonly span: Span | undefined
  readonly message: string
  readonly remedy: string | undefined
  /** Where the remedy is mechanical: what `millrace check --fix` does. */
  readonly fix?: Fix
}

interface DiagnosticEntry {
  readonly severity: Severity
  readonly message: string
  readonly remedy: string
}

const entries = {
  // The project and its files.
  MR1001: {
    severity: 'error',
    message: 'The project has no {file}.',
    remedy: 'Create one, or run the command in the folder of the project.',
  },
  MR1002: {
    severity: 'error',
    message: 'There is no topology file in topologies/.',
    remedy: 'Write one, as topologies/<name>.ts, whose default export is topology(...).',
  },
  MR1003: {
    severity: 'error',
    message: 'A topology file needs a default export, and this one has none.',
    remedy: 'Write `export default topology(...)`, or move the file out of topologies/ if it only holds code for others.',
  },
  MR1004: {
    severity: 'error',
    message: 'The default export is not a topology; its type is {type}.',
    remedy: 'Export what topology(name, build) gives.',
  },
  MR1005: {
    severity: 'error',
    message: 'The name of a topology has to be a literal, because the folder and the application id come from it.',
    remedy: "Write the name as text: topology('my-topology', ...).",
  },
  MR1006: {
    severity: 'error',
    message: "'{name}' cannot be the name of a topology, because internal topics are named after it.",
    remedy: 'Use at most 150 letters, digits, dots, hyphens and underscores, and not only dots.',
  },
  MR1007: {
    severity: 'error',
    message: "Another topology is called '{name}' too: {other}. Two topologies of one name would be one Kafka consumer group.",
    remedy: 'Rename one of the two.',
  },
  MR1008: {
    severity: 'error',
    message: '{problem}',
    remedy: 'Mend the import, or install the package.',
  },
  MR1009: {
    severity: 'error',
    message: 'The topology has to be made where it is exported or by a constant of the same file.',
    remedy: 'Write `export default topology(...)`.',
  },
  // Types that cannot travel.
  MR1101: {
    severity: 'error',
    message: '{what} has the type {type}, of which nothing is known: no serde can be derived.',
    remedy: 'Give the type, as in stream<string, Flight>(...), or pass a serde for it.',
  },
  MR1102: {
    severity: 'error',
    message: '{what} is a function, and functions do not travel.',
    remedy: 'Leave it out of the record, or map it to data before.',
  },
  MR1103: {
    severity: 'error',
    message: '{what} is a bigint, for which JSON has no form.',
    remedy:
      'Say that it travels as a string of digits, by the tag @asString or the type BigIntAsString; or use a number, or pass a serde for the type.',
  },
  MR1104: {
    severity: 'error',
    message: '{what} is a symbol, and symbols do not travel.',
    remedy: 'Use a string.',
  },
  MR1105: {
    severity: 'error',
    message: '{what} is an instance of {type}, which would come back from JSON as a plain object.',
    remedy: '{hint}',
  },
  MR1106: {
    severity: 'error',
    message: '{what} is a union whose variants {first} and {second} cannot be told apart in JSON.',
    remedy: "Give each variant a member with a literal of its own, such as kind: 'created'.",
  },
  MR1107: {
    severity: 'error',
    message: '{what} has the type parameter {type}: one function would need a serde for each type that it is called with.',
    remedy: 'Pass the serde as an argument, or call the operator where the type is known.',
  },
  MR1108: {
    severity: 'error',
    message: '{what} may be undefined inside an array, where JSON has no undefined.',
    remedy: 'Use null.',
  },
  MR1109: {
    severity: 'error',
    message: '{what} has the type never: no value can be of it.',
    remedy: 'Give the type, as in fromElements<string, number>(...).',
  },
  MR1110: {
    severity: 'error',
    message: '{what} has the tag @{tag}, which is for {kinds}, and is {type}.',
    remedy: 'Take the tag away, or give the member a type that it is for.',
  },
  MR1111: {
    severity: 'error',
    message: "{what} has the tag @{tag}, but '{text}' is not {expected}.",
    remedy: 'Correct what stands behind the tag.',
  },
  MR1112: {
    severity: 'error',
    message: "{what} has the default '{text}', which is not of its type: {problem}.",
    remedy: 'Write the default as JSON, as it would stand in the record.',
  },
  MR1113: {
    severity: 'error',
    message: '{what} is an instance of {type}, which has a codec, but is not exported by its file: the serde could not import it.',
    remedy: 'Write `export class {type}`.',
  },
  MR1114: {
    severity: 'error',
    message: '{what} is an instance of {type}, whose codec gives an instance of {encoded} again.',
    remedy: 'Let its codec give plain data: call the other codec in it.',
  },
  MR1115: {
    severity: 'error',
    message: '{what} never ends: each level of it has a type of its own.',
    remedy:
      'Let a type that contains itself contain the very same: `more?: Page<T>`, not `more?: Page<T[]>`; or give the deeper levels a type of their own.',
  },
  // What operators must not do, because a record may be processed again and has to give the same.
  MR1201: {
    severity: 'error',
    message: '{call} reads the clock inside an operator{path}, so that the same record gives another result when it is processed again.',
    remedy: 'Use the timestamp of the record, the third argument of the callback: (value, key, record) => record.timestamp.',
  },
  MR1202: {
    severity: 'error',
    message: '{call} is random inside an operator{path}, so that the same record gives another result when it is processed again.',
    remedy: 'Derive what you need from the key, the value or the offset of the record.',
  },
  MR1203: {
    severity: 'error',
    message: '{call} starts a timer inside an operator{path}, which runs outside of the order of records and is lost at a restart.',
    remedy: 'Use process() and context.schedule(...).',
  },
  MR1204: {
    severity: 'error',
    message: 'The callback of {method} gives a promise, but operators are synchronous: nobody waits for it.',
    remedy: 'Ask outside in mapAsync() or lookupJoin(), or join with a table that holds what you look up.',
  },
  MR1205: {
    severity: 'error',
    message: 'This promise is not awaited inside an operator: its work is lost at a restart and its error is lost always.',
    remedy: 'Ask outside in mapAsync() or lookupJoin(), or join with a table that holds what you look up.',
  },
  MR1206: {
    severity: 'error',
    message:
      '{call} does I/O inside an operator{path}: all other records wait for it, and it happens again when the record is processed again.',
    remedy: 'Ask outside in mapAsync() or lookupJoin(), or join with a table that holds what you look up.',
  },
  MR1207: {
    severity: 'error',
    message:
      '{call} reads the process or its machine inside an operator{path}, so that the same record gives another result in another process.',
    remedy: 'Read it once, into a constant outside of the callback, or bring it in as data: a table that is joined.',
  },
  MR1208: {
    severity: 'error',
    message:
      '`{change}` changes {name}, which lives outside of the callback{path}: it is gone after a restart, and each instance and each task sees another one.',
    remedy: '{instead}',
  },
  MR1209: {
    severity: 'error',
    message: '`{change}` changes {name}, which the callback was handed{path}: other operators and the store may see the same object.',
    remedy: '{instead}',
  },
  MR1210: {
    severity: 'error',
    message:
      '{call} takes the {of} of the machine inside an operator{path}, so that the same record gives another result on another machine.',
    remedy: "Name the language, as in localeCompare(other, 'en'), and take UTC: getUTCHours(), timeZone: 'UTC'.",
  },
  MR1211: {
    severity: 'error',
    message:
      '{name} is read inside an operator{path}, and is changed by other code while the app runs (at {place}): what a record gives depends on when.',
    remedy: 'Bring it in as data: write it to a topic, and join with a table or a global table of it.',
  },
  MR1212: {
    severity: 'error',
    message: 'This comment silences nothing: {problem}',
    remedy: 'Write the code and a reason, on the line of the problem or above it: // millrace-ignore MR1201: only shown, never kept.',
  },
  MR1213: {
    severity: 'error',
    message: 'This comment silences {code}, and no {code} is reported on its line.',
    remedy: 'Take the comment out.',
  },
  // What shows when the topology is made.
  MR1301: {
    severity: 'error',
    message: '{problem}',
    remedy: '{remedy}',
  },
  MR1302: {
    severity: 'error',
    message: 'The topology cannot be made: {problem}',
    remedy: 'A topology is made at build time too: it must not need anything that is only there when it runs.',
  },
  MR1303: {
    severity: 'error',
    message: 'The topology was not ready after {seconds} s.',
    remedy: 'Look for a loop without end, or for I/O, in the topology file or in what it imports.',
  },
  // Advice.
  MR1401: {
    severity: 'warning',
    message:
      '{method} has a number for a name here, because the function or loop around it may run more than once; its state is lost when the number changes.',
    remedy: "Give it a name of its own in the options: { name: '...' }.",
  },
  MR1402: {
    severity: 'warning',
    message:
      '{method} gives each record the key that it has. The compiler cannot know that, so a repartition topic is made: each record is written and read once more.',
    remedy: 'Use {instead}.',
  },
  MR1403: {
    severity: 'warning',
    message:
      'Nothing has changed the keys since they were read, so the topic {topic} only copies: each record is written and read once more.',
    remedy: 'Leave repartition() out; with { partitions } or a partitioner of its own it does something.',
  },
  MR1404: {
    severity: 'warning',
    message: 'The topic {topic} has the same records as {earlier}: both come from {changer}, each of them is written and read twice.',
    remedy: 'Put one repartition() behind what changes the key, and take both from there.',
  },
  MR1405: {
    severity: 'warning',
    message: '{call} has no grace: a record that comes after a later one has ended its window is dropped.',
    remedy: "Say how late records may come, { grace: '5m' }, or that they may not, { grace: 0 }. State is kept for that much longer.",
  },
  MR1406: {
    severity: 'warning',
    message:
      'The window of {name} has no end, so that no row of its store is ever deleted: on disk and in the changelog there is one for each key that ever came.',
    remedy: 'Use tumbling(), hopping() or session(), whose windows end.',
  },
  MR1407: {
    severity: 'warning',
    message: 'This join keeps each record of both sides for {days} days, on disk and in a changelog each.',
    remedy: 'Give a shorter window, or make a table of one side: it keeps one row for each key.',
  },
  MR1408: {
    severity: 'warning',
    message: 'No topology of this project writes {topic}, and nobody reads {meant}, which one writes.',
    remedy:
      'Read {meant}, if that is what you meant; if {topic} is another one, this is no matter: // millrace-ignore MR1408: written by …',
  },
  // Plugins of the configuration.
  MR1501: {
    severity: 'error',
    message: 'The configuration cannot be loaded, so what it says of plugins and of a budget is not known: {problem}',
    remedy:
      'It is loaded at build time too: mend it, install what it imports, and let it need nothing that is only there when the app runs.',
  },
  MR1502: {
    severity: 'error',
    message: '{problem}',
    remedy: 'Correct `plugins` in the configuration.',
  },
  MR1503: {
    severity: 'error',
    message: 'The check {code} of the plugin {plugin} has failed: {problem}.',
    remedy: 'That is a mistake of the plugin: tell its author, or leave the plugin out.',
  },
  MR1504: {
    severity: 'error',
    message: "The plugin {plugin} brings a topology called '{name}' too. Two topologies of one name would be one Kafka consumer group.",
    remedy: 'Rename yours, or leave the plugin out.',
  },
  MR1505: {
    severity: 'error',
    message: 'The emitter {emitter} of the plugin {plugin} has failed at {topology}: {problem}.',
    remedy: 'That is a mistake of the plugin: tell its author, or leave the plugin out.',
  },
  MR1506: {
    severity: 'error',
    message: 'What {emitter} would write cannot say this: {problem}',
    remedy: '{remedy}',
  },
  MR1507: {
    severity: 'error',
    message: 'The configuration has no default export, so nothing is known of what it says.',
    remedy: 'Write `export default defineConfig({ … })`.',
  },
  // Keys and partitions.
  MR1601: {
    severity: 'error',
    message: 'What {method} gives has a {which} of type {type}: nothing behind it can be checked, and it cannot be stored or sent.',
    remedy: 'Give it a type: by the return type of the callback, `(value): Order => …`, or with a parser that checks what it reads.',
  },
  MR1602: {
    severity: 'error',
    message: '{from} of {method} may be missing; its type is {type}. A record without a key belongs to no partition: it would be dropped.',
    remedy:
      "Filter out before what has none, so that the type says so, or give those a key of their own: `value.category ?? 'none'`. Of a topic whose records all have keys, leave null out of its type.",
  },
  MR1603: {
    severity: 'error',
    message: 'The keys of this {method} can never be equal: on the left they are {left}, those of {other} are {right}.',
    remedy:
      'Join by the same key: change one with selectKey() before, or join two tables by a foreign key: left.join(right, (row) => row.key, joiner).',
  },
  MR1604: {
    severity: 'error',
    message:
      'The keys of this join have different serdes ({list}), so that equal keys have different bytes: they lie in different partitions and never meet.',
    remedy: 'Give both the same serde for their keys, or write one side anew with it: .repartition({ key: … }).',
  },
  MR1606: {
    severity: 'error',
    message: 'The topic {topic} is read here with a {which} of type {type}, and is {verb} with {other} at {place}.',
    remedy: 'Use one type for both: a topic has one. A reader may leave members out.',
  },
  MR1607: {
    severity: 'error',
    message: '{what} goes nowhere: it is computed for nobody.',
    remedy: '{remedy}',
  },
  MR1608: {
    severity: 'error',
    message: 'A {type} has no {method}.',
    remedy: '{instead}',
  },
  MR1609: {
    severity: 'error',
    message: 'The processor opens the store {store}, and {method} does not connect it: it would fail when its first task starts.',
    remedy: "Name it in the options: { stores: ['{store}'] }.",
  },
  MR1610: {
    severity: 'error',
    message: 'This {method} is of two streams, and says not how far apart two records may be: without an end each would be kept for ever.',
    remedy:
      "Give the window behind the joiner: .{join}, joiner, within('5m')). If the last record of each key is what you mean, make a table of that side: .toTable().",
  },
  // What becomes of the state of the version that runs.
  MR1701: {
    severity: 'error',
    message: 'This change needs a migration ({change}): {message}',
    remedy: '{remedy} Or say that it is meant: --allow {change}.',
  },
  MR1702: {
    severity: 'error',
    message: 'This change loses state ({change}): {message}',
    remedy: '{remedy} Or say that it is meant: --allow {change}.',
  },
  // What topologies may cost.
  MR1801: {
    severity: 'error',
    message: '{topology} {problem}.',
    remedy: 'Take out what it can do without, or raise {limit} of the budget in millrace.config.ts.',
  },
  MR1802: {
    severity: 'error',
    message: '{problem}',
    remedy: 'Correct `budget` in the configuration.',
  },
  // The topics that are there.
  MR1901: {
    severity: 'error',
    message: 'The topic {topic} is {verb} here, and the cluster has none of that name{suggestion}: the app would not start.',
    remedy: 'Correct the name, or make the topic: millrace topic create {topic} --partitions N.',
  },
  MR1902: {
    severity: 'error',
    message:
      'What is joined here must have equal partitions, and has not: {list}. Records of one key would lie in different tasks, so the app would not start.',
    remedy:
      'Write one side anew with as many partitions as the other has: .repartition({ partitions: N }); or make one of the topics anew.',
  },
  MR1903: {
    severity: 'error',
    message: 'The topic {topic} has {partitions} partitions, and {width} are needed: the app would not start.',
    remedy:
      'Its source topics were given more partitions since it was made, or the topology was changed. To process the input anew, stop all instances and delete the internal topics of the application and its committed offsets; or set another application id.',
  },
  MR1904: {
    severity: 'error',
    message:
      '{operator} joins the topic {topic} by its keys, but {misplaced} of {keys} keys that were looked at lie in other partitions than those that they belong in: {example}. They would miss their partners.',
    remedy:
      'Who writes the topic uses another partitioner than Java (murmur2 of the key), or the topic was given more partitions. Put .repartition({ partitions: N }) before the join; or set that producer right (librdkafka: partitioner=murmur2_random), and write the topic anew.',
  },
  MR1905: {
    severity: 'warning',
    message:
      '{operator} relies on the keys of the topic {topic}, but {misplaced} of {keys} keys that were looked at lie in other partitions than those that they belong in: {example}. A key in two partitions would have two results.',
    remedy:
      'Who writes the topic uses another partitioner than Java (murmur2 of the key), or the topic was given more partitions. If each key is in one partition only, this is no matter; else put .repartition({ partitions: N }) before.',
  },
} as const satisfies Readonly<Record<string, DiagnosticEntry>>

export type DiagnosticCode = keyof typeof entries

export const diagnosticCodes = Object.keys(entries) as readonly DiagnosticCode[]

export function diagnostic(
  code: DiagnosticCode,
  span: Span | undefined,
  details: Readonly<Record<string, string>> = {},
  fix?: Fix,
): Diagnostic {
  const entry: DiagnosticEntry = entries[code]
  const said = { code, severity: entry.severity, span, message: fillIn(entry.message, details), remedy: fillIn(entry.remedy, details) }
  return fix === undefined ? said : { ...said, fix }
}

/** In the order of files and places, each once; what concerns the whole project comes first. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const unique = new Map(diagnostics.map((one) => [JSON.stringify([one.code, one.span, one.message]), one]))
  return [...unique.values()].sort(
    (a, b) =>
      compare(a.span?.file ?? '', b.span?.file ?? '') ||
      (a.span?.line ?? 0) - (b.span?.line ?? 0) ||
      (a.span?.column ?? 0) - (b.span?.column ?? 0) ||
      compare(a.code, b.code),
  )
}

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((one) => one.severity === 'error')
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function fillIn(text: string, details: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => details[name] ?? whole)
}
