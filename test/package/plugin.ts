// A plugin as a stranger makes it, from the packed Millrace: a package of its own from the template, tested by the published contracts and packed; and a second project
// that uses it from its tarball, where its check reports, its topology is built and runs, and its command answers.

import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startBroker } from '../../plugins/kafka/server/index.ts'

export interface PluginCheck {
  readonly root: string
  /** An empty folder in which Millrace is installed already, in `project`. */
  readonly folder: string
  readonly tarball: string
  /** Gives stdout; throws where the command fails. */
  readonly run: (step: string, command: readonly string[], cwd: string) => Promise<string>
}

export async function checkPlugin({ root, folder, tarball, run }: PluginCheck): Promise<void> {
  const install = ['npm', 'install', '--prefer-offline', '--no-audit', '--no-fund']
  const millrace = join(folder, 'project', 'node_modules', '.bin', 'millrace')
  await run('plugin: new', [millrace, 'new', 'my-plugin', '--template', 'plugin', '--millrace', `file:${tarball}`, '--no-install'], folder)
  const plugin = join(folder, 'my-plugin')
  await run('plugin: npm install', install, plugin)
  await run('plugin: types', ['npm', 'run', '--silent', 'typecheck'], plugin)
  await run('plugin: tests', ['npm', 'test', '--silent'], plugin)
  const listing = await run('plugin: npm pack', ['npm', 'pack', '--json', '--silent'], plugin)
  const [packed]: { filename: string; files: { path: string }[] }[] = JSON.parse(listing.slice(listing.indexOf('[')))
  const paths = packed?.files.map(({ path }) => path) ?? []
  if (!paths.includes('dist/index.js') || paths.some((path) => /^(src|test)\//.test(path)))
    throw new Error(`the plugin's package has ${paths.join(', ')}`)

  const user = join(folder, 'user')
  await makeUser(user, root, { millrace: `file:${tarball}`, 'my-plugin': `file:${join(plugin, packed?.filename ?? '')}` })
  await run('user: npm install', install, user)
  await useFrom(user, run)
}

async function makeUser(user: string, root: string, dependencies: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(join(user, 'topologies'), { recursive: true })
  await cp(join(root, 'templates', 'tumbling-sum', 'tsconfig.json'), join(user, 'tsconfig.json'))
  await writeFile(join(user, 'package.json'), JSON.stringify({ name: 'user', private: true, type: 'module', dependencies }))
  await writeFile(
    join(user, 'millrace.config.ts'),
    `import { defineConfig } from 'millrace'\nimport { payments } from 'my-plugin'\n\nexport default defineConfig({ plugins: [payments()], commitIntervalMs: 100 })\n`,
  )
  await writeFile(join(user, 'topologies', 'changes.ts'), changes)
  const amount = Buffer.concat([Buffer.from('EUR'), Buffer.alloc(8)])
  const lines = [5, 200_000, 200_000, 300_000].map((minor) => {
    amount.writeBigInt64BE(BigInt(minor), 3)
    return JSON.stringify({ key: 'a', valueBase64: amount.toString('base64') })
  })
  await writeFile(join(user, 'payments.jsonl'), `${lines.join('\n')}\n`)
}

/** A topology with the operator and the serde of the plugin, whose source has a name that one of the plugin's checks does not like, and whose currency the other one mends. */
const changes = `import { topology } from 'millrace'
import { dedupe, money } from 'my-plugin'

export default topology('changes', (builder) => {
  const amounts = builder.fromElements([1, 1, 2].map((minor) => ['a', { currency: 'eur', minor }] as const), { value: money() })
  const changed = amounts.apply(dedupe({ by: ({ minor }) => String(minor) }))
  changed.mapValues(({ minor }) => minor).print()
  builder.stream<string, string>('words').to('bank.words')
})
`

async function useFrom(user: string, run: PluginCheck['run']): Promise<void> {
  const millrace = (step: string, ...args: string[]): Promise<string> => run(`user: ${step}`, ['npx', 'millrace', ...args], user)
  const expectThat = (holds: boolean, what: string, was: string): void => {
    if (!holds) throw new Error(`${what}; what was printed: ${was}`)
  }
  const found = await millrace('check --fix', 'check', '--fix')
  expectThat(
    /^topologies\/changes\.ts:8:\d+ - warning PAY001: The topic words does not say whose it is\.$/m.test(found),
    'the check is silent',
    found,
  )
  expectThat(/^topologies\/changes\.ts:5:\d+ - fixed PAY002: write EUR$/m.test(found), 'the fix of the other check is not made', found)
  const help = await millrace('--help', '--help')
  expectThat(help.includes('Commands of the plugin payments.'), 'the list of commands lacks that of the plugin', help)
  const built = await millrace('build', 'build')
  expectThat(/plugin payments → dist\/large-payments/.test(built), "the plugin's topology is not built", built)

  const broker = await startBroker()
  const at = ['--brokers', broker.address]
  try {
    for (const topic of ['bank.payments', 'bank.large-payments', 'words', 'bank.words'])
      await millrace('topic', 'topic', 'create', topic, '--partitions', '1', ...at)
    await millrace('produce', 'produce', 'bank.payments', 'payments.jsonl', ...at)
    const environment = ['env', `MILLRACE_BROKERS=${broker.address}`, 'npx', 'millrace', 'run']
    await run('user: run large-payments', [...environment, 'large-payments', '--until-end'], user)
    const printed = await run('user: run changes', [...environment, 'changes', '--until-end'], user)
    expectThat(printed === '(a,1)\n(a,2)\n', 'the operator lets through what it should not', printed)
    const report = await millrace('report', 'payments', 'report', 'bank.large-payments', '--least', '2', ...at)
    expectThat(report === 'bank.large-payments: 2 records\n', 'the report is wrong', report)
  } finally {
    await broker.close()
  }
}
