// docs/diagnostics/: a page for each code, from the fixtures of the compiler's tests: a file that is wrong, what is printed of it, and one that is right.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { diagnosticCodes } from '../framework/compiler/index.ts'

/** Codes of projects and of configurations, which no topology file shows. */
const ofProjects: Readonly<Record<string, string>> = {
  MR1001:
    'The folder has no `tsconfig.json`: `millrace check` was called somewhere else than in the project, or the file is missing. `millrace new` makes one.',
  MR1002:
    'No file lies directly in `topologies/`; files in folders below are not looked at. A plugin of the configuration may bring topologies instead.',
  MR1501: '`millrace.config.ts` throws, or imports what is not there. It is loaded at build time only if it says `plugins`.',
  MR1502: '`plugins` in the configuration is no list of what `definePlugin` gives, or two plugins have a part of the same name.',
  MR1503: 'A check that a plugin brings has thrown, or has reported something that is no problem with a message and a remedy.',
  MR1504: 'A plugin of the configuration and the project have topologies of the same name.',
  MR1505: 'An emitter that a plugin brings has thrown, or has given a file that would lie outside of its folder, or that is no text.',
  MR1506:
    'A plugin of the configuration writes files beside the bundle, and something in the topology has no form in them: a type that Avro cannot express, say. The message names it.',
  MR1507:
    '`millrace.config.ts` exports nothing by default. Its settings are its default export, so what else it exports would have no effect.',
  MR1701:
    'What is built is not the version that `--against` names, and something has to be done, or known, before it takes its place. Nothing is lost. `--allow` says that a change is meant.',
  MR1702:
    'What is built is not the version that `--against` names, and would leave state of it behind, or could not read it. Mostly a store has another name, other keys or other windows.',
  MR1801:
    'A topology costs more than `budget` of the configuration allows: internal topics, repartition hops, changelog records for one record, or stores that grow with their keys. The message names the operators; `millrace build` shows what each topology costs.',
  MR1901:
    'Only with `millrace check --cluster`: a topic that a topology reads or writes is not in the cluster. Mostly its name is another one.',
  MR1902:
    'Only with `millrace check --cluster`: topics that are joined have different numbers of partitions. A key lies in the partition that its hash and the number of partitions give, so equal keys would lie in different ones.',
  MR1903:
    'Only with `millrace check --cluster`: a repartition topic or changelog of the application is there already, with another number of partitions than the topology needs.',
  MR1904:
    "Only with `millrace check --cluster`: of a topic that is joined by its keys the last records of each partition were read, and some lie in other partitions than Kafka's default partitioner (murmur2 of the key) puts them in, while the other side lies right.",
  MR1905:
    "Only with `millrace check --cluster`: of a topic that is grouped, kept as a table or joined by its keys some records lie in other partitions than Kafka's default partitioner puts them in. Another partitioner that is used by all who write the topic does no harm, unless it is joined.",
  MR1802: '`budget` of the configuration has a limit that there is not, or one that is no whole number from 0 on.',
}

export function diagnosticPages(root: string): [string, string][] {
  const fixtures = join(root, 'test/fixtures/compiler')
  const folders = [...readdirSync(fixtures), '../wrong'].filter((folder) => existsSync(join(fixtures, folder, 'prints')))
  const prints = folders.flatMap((folder) =>
    readdirSync(join(fixtures, folder, 'prints')).map((file) => ({
      source: join(fixtures, folder, 'topologies', file.replace(/[.]txt$/, '.ts')),
      problems: problemsIn(readFileSync(join(fixtures, folder, 'prints', file), 'utf8')),
    })),
  )
  const fixes = fixesIn(readFileSync(join(fixtures, 'fixes/fixed.txt'), 'utf8'))
  const pages = diagnosticCodes.map((code): [string, string] => [
    `docs/diagnostics/${code}.md`,
    `${pageOf(code, fixtures, prints)}${fixText(fixes.get(code))}`,
  ])
  return [...pages, ['docs/diagnostics/README.md', indexOf(diagnosticCodes, pages, [...fixes.keys()].sort())]]
}

interface Print {
  /** The file that it is the print of. */
  readonly source: string
  readonly problems: readonly { readonly code: string; readonly text: string }[]
}

/** Each with its remedy, which is indented below it. */
function problemsIn(print: string): Print['problems'] {
  return print
    .split(/\n(?=\S)/)
    .map((text) => ({ code: / (MR\d+|TS\d+): /.exec(text)?.[1] ?? '', text: text.trimEnd() }))
    .filter(({ code }) => code !== '')
}

/** What `--fix` does, by code, as it is printed. */
function fixesIn(print: string): Map<string, readonly string[]> {
  const fixes = new Map<string, readonly string[]>()
  for (const [, code = '', title = ''] of print.matchAll(/ fixed (MR\d+): (.*)/g))
    fixes.set(code, [...new Set([...(fixes.get(code) ?? []), title])].sort())
  return fixes
}

function fixText(titles: readonly string[] | undefined): string {
  if (titles === undefined) return ''
  return `\n\`millrace check --fix\` does it where only one thing can be meant; in the tests, for example:\n\n${titles.map((title) => `- ${title}\n`).join('')}`
}

function pageOf(code: string, fixtures: string, prints: readonly Print[]): string {
  const head = `# ${code}\n\n<!-- Made from test/fixtures/compiler by \`npm run docs\`. -->\n`
  const ofProject = ofProjects[code]
  if (ofProject !== undefined) return `${head}\n${ofProject}\n${projectExample(join(fixtures, '../projects', code))}`
  // The file that says the least besides.
  const [bad] = prints
    .filter(({ source, problems }) => existsSync(source) && problems.some((one) => one.code === code))
    .sort((a, b) => Number(kinds(a) > 1) - Number(kinds(b) > 1) || a.problems.length - b.problems.length)
  // A test says which code has no file.
  if (bad === undefined) return head
  const wrong = readFileSync(bad.source, 'utf8')
  const goodFile = join(fixtures, 'good/topologies', `${code.toLowerCase()}.ts`)
  const said = bad.problems.filter((one) => one.code === code).map(({ text }) => text)
  return `${head}
## Wrong

\`\`\`typescript
${wrong.trimEnd()}
\`\`\`

\`\`\`text
${said.join('\n')}
\`\`\`
${existsSync(goodFile) ? `\n## Right\n\n\`\`\`typescript\n${readFileSync(goodFile, 'utf8').trimEnd()}\n\`\`\`\n` : ''}`
}

/** Of a code that a topology shows only beside something else: what runs, a budget, a cluster. */
function projectExample(folder: string): string {
  const part = (title: string, file: string, language: string): string => {
    const path = join(folder, file)
    return existsSync(path) ? `\n${title}\n\n\`\`\`${language}\n${readFileSync(path, 'utf8').trimEnd()}\n\`\`\`\n` : ''
  }
  if (!existsSync(folder)) return ''
  const isOneConfig = ['wrong', 'right'].map((name) => join(folder, `${name}.config.ts`)).every((file) => existsSync(file))
  return [
    part('## What runs', 'before.ts', 'typescript'),
    part('## What the cluster has', 'cluster.json', 'json'),
    '\n## Wrong\n',
    part('The files of the project:', 'wrong.files.txt', 'text'),
    part('topologies/topology.ts:', 'wrong.ts', 'typescript'),
    isOneConfig ? part('millrace.config.ts:', 'wrong.config.ts', 'typescript') : '',
    part('What is said:', 'print.txt', 'text'),
    '\n## Right\n',
    part('The files of the project:', 'right.files.txt', 'text'),
    existsSync(join(folder, 'right.files.txt')) ? '' : part('topologies/topology.ts:', 'right.ts', 'typescript'),
    isOneConfig ? part('millrace.config.ts:', 'right.config.ts', 'typescript') : '',
  ].join('')
}

function kinds({ problems }: Print): number {
  return new Set(problems.map(({ code }) => code)).size
}

function indexOf(codes: readonly string[], pages: readonly (readonly [string, string])[], fixed: readonly string[]): string {
  const rows = codes.map((code, index) => {
    const said = / MR\d+: (.*)/.exec(pages[index]?.[1] ?? '')?.[1] ?? ofProjects[code]?.split(/[.:;] /)[0] ?? ''
    return `| [${code}](${code}.md) | ${said.replaceAll('|', '\\|')} |`
  })
  return `# Diagnostics

<!-- Made from test/fixtures/compiler by \`npm run docs\`. -->

What \`millrace check\` says, by its code, with a file that is wrong and one that is right. A code keeps its meaning for ever; the words may change.

\`--format json\`, \`sarif\` and \`github\` write the same for programs, for code scanning and for the annotations of a GitHub workflow. The printed form is that of tsc, so an
editor's problem matcher for tsc reads it, \`"problemMatcher": "$tsc"\` in VS Code's tasks.json:

\`\`\`json
{ "label": "millrace check", "type": "shell", "command": "npx millrace check", "problemMatcher": "$tsc", "group": "build" }
\`\`\`

\`millrace check --watch\` goes on, as a task in the background:

\`\`\`json
{
  "label": "millrace check --watch", "type": "shell", "command": "npx millrace check --watch", "isBackground": true,
  "problemMatcher": { "base": "$tsc", "background": { "activeOnStart": true, "beginsPattern": "^Checking", "endsPattern": "^\\\\d+ errors?, \\\\d+ warnings?, in" } }
}
\`\`\`

\`millrace check --fix\` changes the files where the remedy is mechanical (${fixed.join(', ')}), checks again, goes on until nothing is left to
mend, and shows what it did. A file in which TypeScript finds more afterwards is left as it was. Most fixes change no topic and no store; where one does, as by a name or by a repartitioning
less, \`millrace diff\` says what becomes of the state. JSON and SARIF have the edits as data, which editors can offer.

| code | for example |
|---|---|
${rows.join('\n')}
`
}
