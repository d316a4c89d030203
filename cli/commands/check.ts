// millrace check: what the compiler has to say, in the form of tsc.

import type { CompilerProject, Diagnostic, FixResult } from '../../framework/compiler/index.ts'
import { brokersFlag, readConfig, withBroker } from '../connect.ts'
import { jsonFlag } from '../json-flag.ts'
import { Command, Errors, Flags } from '../oclif.ts'
import { formatFlag, reportDiagnostics, reportFixed } from '../print-diagnostics.ts'
import { withProgress } from '../progress.ts'

export class Check extends Command {
  static override summary = 'Say what is wrong with the topologies of this project.'
  static override description =
    'Reads each file directly in topologies/ and what it imports. Errors end with exit code 1, as does a warning with --strict. Without an error millrace-env.d.ts, the types of the topics ' +
    'for tests, is brought up to date. With --fix what can be mended without a decision of yours is mended in the files, as often as something is left to mend; what was done is shown. ' +
    'With --cluster the topics in Kafka are read: whether they exist, whether what is joined has equal partitions, whether internal topics fit, and where the last records of topics that are joined or grouped lie.'
  static override examples = [
    '<%= config.bin %> check',
    '<%= config.bin %> check --strict',
    '<%= config.bin %> check --fix',
    '<%= config.bin %> check --cluster --brokers kafka-1:9092',
    '<%= config.bin %> check --watch',
    '<%= config.bin %> check --format sarif > millrace.sarif',
  ]
  static override flags = {
    strict: Flags.boolean({ description: 'fail on warnings too' }),
    fix: Flags.boolean({ description: 'change the files where the remedy is mechanical', exclusive: ['watch'] }),
    watch: Flags.boolean({
      description: 'check again after each edit, until Ctrl-C; --format pretty or json, a line for each check',
      exclusive: ['cluster'],
    }),
    cluster: Flags.boolean({
      description: 'look at the topics in Kafka too: whether they exist, their partitions, and whether records lie where their keys belong',
    }),
    format: formatFlag,
    brokers: brokersFlag,
    json: jsonFlag,
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(Check)
    const format = flags.json ? 'json' : flags.format
    if (flags.watch) {
      if (format !== 'pretty' && format !== 'json')
        throw new Errors.CLIError(`--watch writes text or JSON, a check after the other: ${format} is for one check.`, { exit: 2 })
      const { watchChecks } = await import('../check-watch.ts')
      return watchChecks({ folder: process.cwd(), format })
    }
    const { openProject } = await import('../../framework/compiler/index.ts')
    const project = openProject(process.cwd())
    const unfixed = async (): Promise<FixResult> => ({ fixed: [], refused: [], diagnostics: await project.check() })
    const { diagnostics: found, ...done } = await withProgress('Checking', () => (flags.fix ? project.fix() : unfixed()))
    await project.writeDeclarations()
    const diagnostics = flags.cluster ? await withClusterProblems(project, flags.brokers) : found
    if (flags.fix) await reportFixed(done, format)
    await reportDiagnostics(diagnostics, { strict: flags.strict, format }, flags.fix ? done : {})
  }
}

async function withClusterProblems(project: CompilerProject, brokers: string | undefined): Promise<readonly Diagnostic[]> {
  const { readSettings } = await import('../../framework/runtime/settings.ts')
  const { applicationId, applicationIdPrefix } = readSettings(await readConfig(), process.env).settings
  const applicationIdOf = (topology: string): string => applicationId ?? applicationIdPrefix + topology
  return await withBroker(brokers, (broker) => project.checkCluster({ broker, applicationIdOf }))
}
