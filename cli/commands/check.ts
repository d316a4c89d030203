// millrace check: what the compiler has to say, in the form of tsc.

import { jsonFlag } from '../json-flag.ts'
import { Command, Flags } from '../oclif.ts'
import { formatFlag, reportDiagnostics } from '../print-diagnostics.ts'
import { withProgress } from '../progress.ts'

export class Check extends Command {
  static override summary = 'Say what is wrong with the topologies of this project.'
  static override description =
    'Reads each file directly in topologies/ and what it imports. Errors end with exit code 1, as does a warning with --strict. Without an error millrace-env.d.ts, the types of the topics ' +
    'for tests, is brought up to date.'
  static override examples = [
    '<%= config.bin %> check',
    '<%= config.bin %> check --strict',
    '<%= config.bin %> check --format sarif > millrace.sarif',
  ]
  static override flags = { strict: Flags.boolean({ description: 'fail on warnings too' }), format: formatFlag, json: jsonFlag }

  async run(): Promise<void> {
    const { flags } = await this.parse(Check)
    const { openProject } = await import('../../framework/compiler/index.ts')
    const project = openProject(process.cwd())
    const diagnostics = await withProgress('Checking', () => project.check())
    await project.writeDeclarations()
    await reportDiagnostics(diagnostics, { strict: flags.strict, format: flags.json ? 'json' : flags.format })
  }
}
