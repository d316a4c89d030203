// Plugins of the configuration in the compiler: their topologies, their checks, and what is wrong with either.

import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type BuildResult, type CompilerProject, formatDiagnostics, formatFixed, openProject } from '../../framework/compiler/index.ts'
import { type TestProject, testProject, topologyText } from './compiled-project.ts'

// Compilations are work for the processor, and tests share it.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const config = `import { defineConfig } from 'millrace'
import { acme } from './plugins/acme.ts'

export default defineConfig({ plugins: [acme()] })
`

function pluginText(parts: string, before = ''): string {
  return `import { definePlugin, string, topology, type GraphCheck } from 'millrace'
import type { SourceCheck, ts } from 'millrace/compiler'
${before}
export const acme = () => definePlugin({ name: 'acme', ${parts} })
`
}

const clicks = topologyText(
  'clicks',
  `  const clicks = builder.stream<string, string>('clicks')\n  clicks.groupByKey().count().toStream().to('counts')`,
)

let project: TestProject
let compiler: CompilerProject

beforeAll(async () => {
  project = await testProject({ 'topologies/clicks.ts': clicks, 'millrace.config.ts': config, 'plugins/acme.ts': pluginText('') })
  compiler = openProject(project.folder)
})

afterAll(() => project.remove())

async function printWith(plugin: string): Promise<string> {
  await project.write('plugins/acme.ts', plugin)
  compiler.refresh()
  return formatDiagnostics(await compiler.check())
}

describe('topologies of a plugin', () => {
  const greetings = `topologies: {
    greetings: topology('greetings', (builder) => {
      const names = builder.fromElements<string, string>([['a', 'Ada'], ['g', 'Grace']], { name: 'names', key: string(), value: string() })
      names.mapValues((name) => 'Hello, ' + name, { name: 'greetings' }).print({ name: 'print' })
    }),
  }`

  test('are described, built and run like those of the project', async () => {
    expect(await printWith(pluginText(greetings))).toBe('')
    expect((await compiler.describe()).map(({ name }) => name)).toEqual(['clicks', 'greetings'])
    const out = join(project.folder, 'dist')
    const { diagnostics, topologies }: BuildResult = await compiler.build({ out })
    expect(diagnostics).toEqual([])
    expect(topologies.map(({ name, source }) => ({ name, source }))).toEqual([
      { name: 'clicks', source: 'topologies/clicks.ts' },
      { name: 'greetings', source: 'plugin acme' },
    ])
    const manifest = JSON.parse(await readFile(join(out, 'greetings', 'manifest.json'), 'utf8'))
    expect(manifest).toMatchObject({ topology: 'greetings', nodes: [{ name: 'greetings' }, { name: 'names' }, { name: 'print' }] })
    const printed = await new Promise((resolve) => {
      const env = { PATH: process.env.PATH }
      execFile(process.execPath, [join(out, 'greetings', 'app.mjs')], { cwd: project.folder, env }, (error, stdout) =>
        resolve(error ?? stdout),
      )
    })
    expect(printed).toBe('(a,"Hello, Ada")\n(g,"Hello, Grace")\n')
  })

  test('are enough: a project may have none of its own', async () => {
    const alone = await testProject({ 'millrace.config.ts': config, 'plugins/acme.ts': pluginText(greetings) })
    const opened = openProject(alone.folder)
    expect(formatDiagnostics(await opened.check())).toBe('')
    expect((await opened.describe()).map(({ name }) => name)).toEqual(['greetings'])
    await alone.remove()
  })

  test('may not have the name of one of the project', async () => {
    const print = await printWith(pluginText(`topologies: { clicks: topology('clicks', (builder) => builder.fromElements([]).print()) }`))
    expect(print).toBe(
      "topologies/clicks.ts:3:25 - error MR1504: The plugin acme brings a topology called 'clicks' too. Two topologies of one name would be one Kafka " +
        'consumer group.\n  Rename yours, or leave the plugin out.\n',
    )
  })

  test('have their problems shown with the name of the plugin', async () => {
    const print = await printWith(pluginText(`topologies: { open: topology('open', (builder) => builder.stream('in').to('out')) }`))
    expect(print).toMatch(
      /^plugins\/acme\.ts:4:\d+ - error MR1301: Topology open of the plugin acme: KSTREAM-SOURCE-0000000000: there is no serde/,
    )
  })
})

describe('checks of graphs', () => {
  function graphCheck(body: string): string {
    return pluginText(
      'checks: { ACME001: check }',
      `const check: GraphCheck = { summary: 'Names are long.', *graph(topology) { ${body} } }\n`,
    )
  }

  test('show problems at the call that made the node, store or internal topic', async () => {
    await project.write(
      'topologies/clicks.ts',
      topologyText(
        'clicks',
        `  const clicks = builder.stream<string, string>('clicks')
  const counts = clicks
    .selectKey((click) => click)
    .groupByKey()
    .count({ store: 'by-click' })
  counts.toStream().to('counts')`,
      ),
    )
    const print = await printWith(
      graphCheck(`
        const names = ['clicks', 'counts-selectKey', 'counts-repartition-sink', 'by-click', 'counts-to', 'nothing']
        for (const node of names) yield { node, severity: 'warning', message: node + ' is short.', remedy: 'Rename it.' }
        yield { message: topology.topology + ' has ' + topology.stores.length + ' store.', remedy: 'Add one.' }`),
    )
    await project.write('topologies/clicks.ts', clicks)
    expect(print.replaceAll(/\n {2}.*/g, '')).toBe(
      [
        'topologies/clicks.ts:3:16 - warning ACME001: nothing is short.',
        'topologies/clicks.ts:3:16 - error ACME001: clicks has 1 store.',
        'topologies/clicks.ts:4:26 - warning ACME001: clicks is short.',
        'topologies/clicks.ts:6:6 - warning ACME001: counts-selectKey is short.',
        'topologies/clicks.ts:8:6 - warning ACME001: counts-repartition-sink is short.',
        'topologies/clicks.ts:8:6 - warning ACME001: by-click is short.',
        'topologies/clicks.ts:9:21 - warning ACME001: counts-to is short.',
        '',
      ].join('\n'),
    )
  })

  test('are given the schemas that were derived, and cannot change what others see', async () => {
    await project.write('topologies/orders.ts', topologyText('orders', `builder.stream<string, { email: string }>('orders').to('copies')`))
    const print = await printWith(
      pluginText(
        'checks: { ACME001: first, ACME002: second }',
        `const first: GraphCheck = { summary: 'It clears all.', graph: (topology) => ((topology as { nodes: unknown }).nodes = [], []) }
const second: GraphCheck = { summary: 'No addresses.', *graph({ topology, nodes, schemas }) {
  for (const { name, value = '' } of nodes) {
    if (JSON.stringify(schemas[value] ?? {}).includes('"email"')) yield { node: name, message: topology + ' has addresses.', remedy: 'Leave them out.' }
  }
} }
`,
      ),
    )
    await project.write('topologies/orders.ts', topologyText('orders', `builder.fromElements([]).print()`))
    expect(print.match(/orders\.ts:4:\d+ - error ACME002: orders has addresses\./g)).toHaveLength(2)
  })

  test('that throw, go on for ever or give nonsense are told apart from mistakes of the project', async () => {
    const head = 'topologies/clicks.ts:3:16 - error MR1503: The check ACME001 of the plugin acme has failed: '
    expect((await printWith(graphCheck(`if (topology.topology === 'clicks') throw new Error('no such node: x')`))).split('\n')[0]).toBe(
      `${head}no such node: x.`,
    )
    expect(await printWith(graphCheck(`if (topology.topology === 'clicks') yield { message: '' } as never`))).toContain(
      `${head}it has reported a problem without a message, a remedy or a severity that there is.`,
    )
    const endless = await printWith(
      graphCheck(`for (let n = 0; topology.topology === 'clicks'; n++) yield { message: 'No ' + n, remedy: 'None.' }`),
    )
    expect(endless.match(/error ACME001/g)).toHaveLength(1000)
    expect(endless).toContain(`${head}it has reported 1000 problems and goes on.`)
  })

  test('look at topologies of plugins too', async () => {
    const print = await printWith(
      pluginText(
        `checks: { ACME001: check }, topologies: { greetings: topology('greetings', (builder) => builder.fromElements([]).print()) }`,
        `const check: GraphCheck = { summary: 'None.', *graph({ topology }) { yield { message: topology + ' is there.', remedy: 'None.' } } }\n`,
      ),
    )
    expect(print).toContain('millrace.config.ts:4:31 - error ACME001: greetings is there.')
  })

  test('stop a build by an error', async () => {
    await printWith(graphCheck(`yield { message: 'Nothing may be built.', remedy: 'None.' }`))
    const { diagnostics, topologies } = await compiler.build({ out: join(project.folder, 'never') })
    expect(diagnostics.map(({ code }) => code)).toContain('ACME001')
    expect(topologies).toEqual([])
  })
})

describe('checks of sources', () => {
  const noConsole = pluginText(
    'checks: { ACME002: check }',
    `const check: SourceCheck = {
  summary: 'No console.',
  source({ ts, files, topologies }) {
    const problems: { at?: ts.Node; message: string; remedy: string }[] = []
    const visit = (node: ts.Node): void => {
      if (ts.isIdentifier(node) && node.text === 'console') problems.push({ at: node, message: 'It writes.', remedy: 'Use print().' })
      ts.forEachChild(node, visit)
    }
    for (const file of files) visit(file)
    if (topologies.length > 2) problems.push({ message: topologies.map(({ name, call }) => name + call.arguments.length).join(), remedy: 'Fewer.' })
    return problems
  },
}
`,
  )

  test('see what topologies import, and show problems where they are', async () => {
    const shouting = `export function shout(text: string): string {\n  console.log(text)\n  return text.toUpperCase()\n}\n`
    await project.write('shared/shout.ts', shouting)
    await project.write(
      'topologies/shouts.ts',
      topologyText(
        'shouts',
        `builder.stream<string, string>('words').mapValues(shout).to('shouts')`,
        `import { shout } from '../shared/shout.ts'`,
      ),
    )
    await project.write('topologies/orders.ts', topologyText('orders', `builder.fromElements([]).print()`))
    expect(await printWith(noConsole)).toBe(
      'error ACME002: clicks2,orders2,shouts2\n  Fewer.\nshared/shout.ts:2:3 - error ACME002: It writes.\n  Use print().\n',
    )
  })

  test('wait until the sources have no type errors', async () => {
    await project.write('shared/shout.ts', `export const shout = (text: string): number => (console.log(text), text)\n`)
    const print = await printWith(noConsole)
    expect(print).toMatch(/error TS2322/)
    expect(print).not.toMatch(/ACME002/)
    await project.write('shared/shout.ts', `export const shout = (text: string): string => text\n`)
  })

  test('that throw are told apart from mistakes of the project', async () => {
    const throwing = pluginText(
      'checks: { ACME002: check }',
      `const check: SourceCheck = { summary: 'It throws.', source() { throw new TypeError('x is undefined.') } }\n`,
    )
    expect(await printWith(throwing)).toBe(
      'error MR1503: The check ACME002 of the plugin acme has failed: x is undefined.\n' +
        '  That is a mistake of the plugin: tell its author, or leave the plugin out.\n',
    )
  })
})

describe('fixes of checks', () => {
  const shouting = `import { topology } from 'millrace'
// Said twice.
export default topology('shouts', (builder) => {
  const loud = builder.stream<string, string>('words').mapValues((word) => word.toUpperCase())
  loud.groupByKey().count({ store: 'louds' }).toStream().to('shouts')
})
`
  const lowerCase = (text: string): string => `const check: SourceCheck = {
  summary: 'Nobody shouts.',
  source({ ts, files }) {
    const problems: { at: ts.Node; message: string; remedy: string; fix: { title: string; edits: { at: ts.Node; text: string; start?: number; end?: number }[] } }[] = []
    const visit = (at: ts.Node): void => {
      ts.forEachChild(at, visit)
      if (ts.isIdentifier(at) && at.text === 'toUpperCase')
        problems.push({ at, message: 'It shouts.', remedy: 'Speak.', fix: { title: 'speak', edits: [${text}] } })
    }
    for (const file of files) visit(file)
    return problems
  },
}
`

  async function fixedWith(plugin: string): Promise<{ text: string; fixed: string; refused: readonly string[]; left: string }> {
    await project.write('topologies/shouts.ts', shouting)
    await project.write('plugins/acme.ts', plugin)
    compiler.refresh()
    const { fixed, refused, diagnostics } = await compiler.fix()
    const text = await readFile(join(project.folder, 'topologies/shouts.ts'), 'utf8')
    return { text, fixed: formatFixed(fixed), refused, left: formatDiagnostics(diagnostics) }
  }

  test('of sources are made in the text, at a node or between two positions', async () => {
    const edits = `{ at, text: 'toLowerCase' }, { at, start: at.getSourceFile().text.indexOf('Said'), end: at.getSourceFile().text.indexOf('Said'), text: 'Softly. ' }`
    const { text, fixed, left } = await fixedWith(pluginText('checks: { ACME002: check }', lowerCase(edits)))
    expect(text).toBe(shouting.replace('toUpperCase', 'toLowerCase').replace('Said', 'Softly. Said'))
    expect(fixed).toBe('topologies/shouts.ts:4:81 - fixed ACME002: speak\n')
    expect(left).toBe('')
  })

  test('of graphs write options into the call that made the node, and change those that are there', async () => {
    const plugin = pluginText(
      'checks: { ACME001: check }',
      `const check: GraphCheck = { summary: 'Stores are named.', *graph({ topology, stores, nodes }) {
  if (topology !== 'shouts') return
  for (const { name } of stores) if (name === 'louds') yield { node: name, message: 'It is loud.', remedy: 'Be soft.', fix: { title: 'be soft', options: { store: { name: 'soft', logging: true } } } }
  for (const { name, kind } of nodes) if (kind === 'sink' && name !== 'end') yield { node: name, message: 'It ends.', remedy: 'Say so.', fix: { title: 'say so', options: { name: 'end' } } }
} }
`,
    )
    const { text, fixed, left } = await fixedWith(plugin)
    expect(text).toBe(
      shouting.replace("store: 'louds'", "store: { name: 'soft', logging: true }").replace("to('shouts')", "to('shouts', { name: 'end' })"),
    )
    expect(fixed).toBe('topologies/shouts.ts:5:21 - fixed ACME001: be soft\ntopologies/shouts.ts:5:58 - fixed ACME001: say so\n')
    expect(left).toBe('')
  })

  test('that mend nothing, or break the types, are taken back', async () => {
    for (const name of ['toUpperCase', 'toUpperCase /* really */', 'toNoCase']) {
      const { text, fixed, refused, left } = await fixedWith(pluginText('checks: { ACME002: check }', lowerCase(`{ at, text: '${name}' }`)))
      expect(text).toBe(shouting)
      expect(fixed).toBe('')
      expect(refused).toEqual(['topologies/shouts.ts'])
      expect(left).toContain('error ACME002: It shouts.')
    }
  })

  test('after which a topology cannot be made are taken back', async () => {
    const plugin = pluginText(
      'checks: { ACME001: check }',
      `const check: GraphCheck = { summary: 'Sinks end.', *graph({ topology, nodes }) {
  for (const { name, kind } of nodes)
    if (topology === 'shouts' && kind === 'sink') yield { node: name, message: 'It ends.', remedy: 'Say so.', fix: { title: 'say so', options: { name: "end's" } } }
} }
`,
    )
    const { text, refused, left } = await fixedWith(plugin)
    expect(text).toBe(shouting)
    expect(refused).toEqual(['topologies/shouts.ts'])
    expect(left).toContain('error ACME001: It ends.')
  })

  test('that cannot be made are mistakes of the check', async () => {
    const head = 'error MR1503: The check ACME002 of the plugin acme has failed: '
    for (const [edits, problem] of [
      ['', 'it has given a fix without a title, or without a list of 1 to 1000 edits.'],
      [`{ at, text: 'a' }, { at, text: 'b' }`, 'it has given a fix whose edits overlap.'],
      [`{ at, text: 'a', start: 5, end: 4 }`, 'it has given a fix of topologies/shouts.ts from 5 to 4, which is no text of it.'],
      [`{ at, text: 'a', end: 1e9 }`, /^it has given a fix of topologies\/shouts\.ts from \d+ to 1000000000, which is no text of it\.$/],
      [`{ at: {} as never, text: 'a' }`, /getSourceFile is not a function/],
    ] as const) {
      const { text, left } = await fixedWith(pluginText('checks: { ACME002: check }', lowerCase(edits)))
      expect(text).toBe(shouting)
      const said = left.split('\n').find((line) => line.includes('MR1503')) ?? ''
      expect(said.slice(0, head.length)).toBe(head)
      expect(said.slice(head.length)).toMatch(problem)
    }
  })
})

describe('the configuration', () => {
  async function printOf(files: Readonly<Record<string, string>>): Promise<string> {
    const made = await testProject({ 'topologies/clicks.ts': clicks, ...files })
    const print = formatDiagnostics(await openProject(made.folder).check())
    await made.remove()
    return print
  }

  test('is not run if it says nothing of plugins', async () => {
    const throwing = `import { defineConfig } from 'millrace'\nif (Math.abs(1) === 1) throw new Error('it was run')\nexport default defineConfig({})\n`
    expect(await printOf({ 'millrace.config.ts': throwing })).toBe('')
  })

  test('that cannot be loaded is shown where it names plugins', async () => {
    const throwing = `import { defineConfig } from 'millrace'\nif (Math.abs(1) === 1) throw new Error('no such key')\nexport default defineConfig({ plugins: [] })\n`
    expect(await printOf({ 'millrace.config.ts': throwing })).toBe(
      'millrace.config.ts:3:31 - error MR1501: The configuration cannot be loaded, so what it says of plugins and of a budget is not known: no such key.\n' +
        '  It is loaded at build time too: mend it, install what it imports, and let it need nothing that is only there when the app runs.\n',
    )
  })

  test('with type errors is not loaded: those are shown alone', async () => {
    const missing = `import { defineConfig } from 'millrace'\nimport { acme } from 'acme'\nexport default defineConfig({ plugins: [acme()] })\n`
    expect(await printOf({ 'millrace.config.ts': missing })).toMatch(/^millrace\.config\.ts:2:22 - error TS2307: .*'acme'.*\n$/)
  })

  test('with plugins that are none, or that share a part, is told all of it', async () => {
    const wrong = `import { definePlugin } from 'millrace'
const check = { summary: 'None.', graph: () => [] }
const plugins: never[] = [{} as never, definePlugin as never]
export default { plugins }
`
    const print = await printOf({ 'millrace.config.ts': wrong })
    expect(print.replaceAll(/\n {2}.*/g, '')).toBe(
      'millrace.config.ts:3:7 - error MR1502: plugins: entry 1 is no plugin: its name is undefined; a plugin is named as npm names packages, such as acme ' +
        "or @acme/millrace. Give what definePlugin() or a plugin's function gives.\n" +
        'millrace.config.ts:3:7 - error MR1502: plugins: entry 2 is the function definePlugin; call it: definePlugin().\n',
    )
    const sharing = `import { definePlugin } from 'millrace'
const checks = { ACME001: { summary: 'None.', graph: () => [] } }
export default { plugins: [definePlugin({ name: 'one', checks }), definePlugin({ name: 'two', checks })] }
`
    expect(await printOf({ 'millrace.config.ts': sharing })).toMatch(
      /MR1502: plugins: one and two both have a check called ACME001; leave one of them out\.\n/,
    )
  })
})
