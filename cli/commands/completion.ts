// millrace completion: a script for the shell, made from the commands as they are.

import { completionScript, shells } from '../completion-script.ts'
import { Args, Command } from '../oclif.ts'
import { templates } from '../template.ts'

export class Completion extends Command {
  static override summary = 'Print a script that completes commands and options in a shell.'
  static override description =
    'It completes commands, options, their values, the names of templates, and those of the topologies that are built in the current folder. Printed in a project, it knows the commands of its plugins too. Print it anew after an update.'
  static override examples = [
    'source <(<%= config.bin %> completion bash)',
    '<%= config.bin %> completion zsh > ~/.millrace-completion.zsh && echo "source ~/.millrace-completion.zsh" >> ~/.zshrc',
    '<%= config.bin %> completion fish > ~/.config/fish/completions/millrace.fish',
  ]
  static override args = {
    shell: Args.string({ ignoreStdin: true, description: shells.join(', '), options: [...shells], required: true }),
  }

  async run(): Promise<void> {
    const { args } = await this.parse(Completion)
    const shell = shells.find((one) => one === args.shell) ?? 'bash'
    process.stdout.write(
      completionScript(
        shell,
        this.config.commands,
        templates().map(({ name }) => name),
      ),
    )
  }
}
