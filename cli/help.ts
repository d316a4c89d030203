// The help of oclif, with what it does not say of its own: the exit codes, the variables that hold for every command, and what was probably meant.

import { CommandHelp, Errors, Help } from './oclif.ts'
import { unknownCommandProblem } from './unknown-command.ts'

export class MillraceHelp extends Help {
  protected override CommandHelpClass = MillraceCommandHelp

  override async showHelp(words: string[]): Promise<void> {
    try {
      await super.showHelp(words)
    } catch (error) {
      const [, id] = error instanceof Errors.CLIError ? (/^Command (.+) not found\.$/.exec(error.message) ?? []) : []
      throw id === undefined ? error : unknownCommandProblem(id, this.config)
    }
  }

  protected override async showRootHelp(): Promise<void> {
    await super.showRootHelp()
    for (const [title, rows] of sections) this.log(`${this.section(title, rows)}\n`)
    this.log('`millrace COMMAND --help` shows the arguments and options of a command, with examples.')
  }
}

/** The summary stands at the head of the help; oclif would begin the description with it once more. */
export class MillraceCommandHelp extends CommandHelp {
  protected override description(): string | undefined {
    const { description } = this.command
    return description === undefined ? undefined : this.wrap(description)
  }
}

const sections: readonly (readonly [title: string, rows: [string, string][]])[] = [
  [
    'EXIT CODES',
    [
      ['0', 'done'],
      ['1', 'failed; standard error says why'],
      ['2', 'the command line or a setting is wrong, and nothing was started'],
      ['130', 'ended by Ctrl-C (SIGINT); of what stops in order, by the second one'],
      ['143', 'the same by SIGTERM'],
    ],
  ],
  [
    'ENVIRONMENT',
    [
      ['MILLRACE_BROKERS', 'where Kafka is: host:port, several with commas; other settings have such variables too'],
      ['NO_COLOR, FORCE_COLOR', 'no colours at all; colours in pipes too'],
    ],
  ],
]
