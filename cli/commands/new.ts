// millrace new: a project of one's own, from a template. It is made in a folder beside the one it is to be, which takes its name when all is done: so
// whatever goes wrong, or whoever presses Ctrl-C, nothing half made is left.

import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmdirSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { didYouMean } from '../../framework/runtime/did-you-mean.ts'
import { Args, Command, Errors, Flags } from '../oclif.ts'
import { withProgress } from '../progress.ts'
import { stopSignal } from '../stop-signal.ts'
import { jsonOf, tableOf } from '../tables.ts'
import { copyTemplate, ownVersion, type Template, templates } from '../template.ts'

const defaultTemplate = 'tumbling-sum'
const nameLengthMax = 214

export class New extends Command {
  static override summary = 'Make a project from a template.'
  static override description =
    'Makes the FOLDER, whose last part is the name of the project, with package.json, tsconfig.json, millrace.config.ts, topologies/, their tests in test/, README.md, .gitignore and .dockerignore, and installs what it depends on. The folder may be there if it is ' +
    'empty; a dot is the one where you are. If something fails nothing is left.'
  static override examples = [
    '<%= config.bin %> new my-app',
    '<%= config.bin %> new apps/my-app --template flight-delays',
    '<%= config.bin %> new --list',
    '<%= config.bin %> new my-app --millrace file:../millrace-0.1.0.tgz --no-install',
  ]
  static override args = {
    folder: Args.string({ ignoreStdin: true, description: 'to make; its last part is the name of the project, as npm allows it' }),
  }
  static override flags = {
    template: Flags.string({ description: 'what to begin with; --list shows all', default: defaultTemplate, helpValue: 'NAME' }),
    list: Flags.boolean({ description: 'show the templates and make nothing' }),
    json: Flags.boolean({ description: 'with --list: as JSON, for programs', dependsOn: ['list'] }),
    millrace: Flags.string({ description: 'the dependency to write; default: this version', helpValue: 'SPEC' }),
    install: Flags.boolean({ description: 'run npm install', default: true, allowNo: true }),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(New)
    const all = templates()
    if (flags.list) {
      if (flags.json) return this.log(jsonOf(all.map(({ name, description }) => ({ name, description }))))
      const rows = all.map(({ name, description }) => [name, description])
      return this.log(await tableOf(['Template', 'What it shows'], rows))
    }
    if (args.folder === undefined) throw new Errors.CLIError('Say what the project is called: millrace new my-app', { exit: 2 })
    const folder = resolve(args.folder)
    const name = checkedName(basename(folder), args.folder)
    const template = named(flags.template, all)
    refuseIfTaken(folder, args.folder)
    await make(folder, async (made, stopped) => {
      copyTemplate(template, made, name, flags.millrace ?? ownVersion())
      if (flags.install) await withProgress('Installing', () => install(made, stopped))
    })
    const steps = [
      ...(folder === process.cwd() ? [] : [`cd ${args.folder}`]),
      ...(flags.install ? [] : ['npm install']),
      'npm test',
      ...(template.name === 'plugin' ? [] : ['npx millrace dev']),
    ]
    this.log(
      `Made ${name} from the template ${template.name}. Its README says more; to begin:\n\n${steps.map((step) => `  ${step}`).join('\n')}`,
    )
  }
}

function checkedName(name: string, given: string): string {
  const isGood = /^[a-z0-9][a-z0-9._-]*$/.test(name) && name.length <= nameLengthMax && !['millrace', 'node_modules'].includes(name)
  if (isGood) return name
  const problem = name === 'millrace' ? 'it is the name of the package itself' : 'use small letters, digits, dots, hyphens and underscores'
  throw new Errors.CLIError(`${name === '' ? given : name} cannot be the name of a project: ${problem}.`, { exit: 2 })
}

function named(name: string, all: readonly Template[]): Template {
  const found = all.find((template) => template.name === name)
  if (found !== undefined) return found
  const names = all.map((template) => template.name)
  throw new Errors.CLIError(`There is no template ${name}.${didYouMean(name, names)} There are: ${names.join(', ')}.`, { exit: 2 })
}

function refuseIfTaken(folder: string, given: string): void {
  if (!existsSync(folder)) return
  if (!statSync(folder).isDirectory()) throw new Errors.CLIError(`There is a file ${given} already.`, { exit: 1 })
  if (readdirSync(folder).length > 0) throw new Errors.CLIError(`The folder ${given} is not empty. Choose another name.`, { exit: 1 })
}

/** Runs `fill` on a new folder, which becomes `folder` at the end. */
async function make(folder: string, fill: (made: string, stopped: Promise<'stopped'>) => Promise<void>): Promise<void> {
  // From here on Ctrl-C does not end the process at once, which would leave the sibling.
  const stopped = stopSignal()
  let made: string | undefined
  let parent: string | undefined
  try {
    parent = mkdirSync(dirname(folder), { recursive: true })
    // A sibling, so that relative paths in package.json hold, and a rename is all that is left to do.
    made = mkdtempSync(`${folder}.new-`)
    // mkdtemp makes a folder that is its owner's alone; a project is read by others too: containers that mount it, servers that build it.
    chmodSync(made, 0o777 & ~process.umask())
    await fill(made, stopped)
    if (existsSync(folder)) moveInto(folder, made)
    else renameSync(made, folder)
  } catch (error) {
    for (const left of [made, parent]) if (left !== undefined) rmSync(left, { recursive: true, force: true })
    const isOfFiles = error instanceof Error && 'syscall' in error
    throw isOfFiles ? new Errors.CLIError(`The project cannot be made: ${error.message}. Nothing is left of it.`, { exit: 1 }) : error
  }
}

/** Into a folder that somebody may be in: it stays what it is. */
function moveInto(folder: string, made: string): void {
  for (const name of readdirSync(made)) renameSync(join(made, name), join(folder, name))
  rmdirSync(made)
}

async function install(folder: string, stopped: Promise<'stopped'>): Promise<void> {
  const npm = spawn('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
  })
  let output = ''
  for (const stream of [npm.stdout, npm.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const ended = new Promise<number | null>((done, fail) => npm.on('error', fail).on('close', done))
  const outcome = await Promise.race([ended, stopped])
  if (outcome === 'stopped') {
    npm.kill('SIGTERM')
    // Until it has ended it may go on making files.
    await ended
    throw new Errors.CLIError('Stopped. Nothing is left of the project.', { exit: 1 })
  }
  if (outcome !== 0) {
    throw new Errors.CLIError(`npm install failed, so nothing was made; --no-install leaves it to you.\n${output.trimEnd()}`, { exit: 1 })
  }
}
