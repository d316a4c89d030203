// millrace dev: a broker, all topologies of the project, and what comes out, kept going from edit to edit.

import { existsSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { Command, Errors, Flags } from '../oclif.ts'
import { readerGone, stopSignal } from '../stop-signal.ts'

const highestPort = 65_535

export class Dev extends Command {
  static override summary = 'Run all topologies with a broker, and anew at every edit.'
  static override description =
    'Starts the embedded broker with its data in .millrace/broker, makes the topics that are missing, writes the lines of dev/<topic>.jsonl to their topics, once, runs every topology, and prints the ' +
    'records that come to the topics they write. At every edit it checks, builds, and starts anew the apps whose program has changed; their state stays. With errors what runs goes on. ' +
    'Ctrl-C stops it all, with everything committed.'
  static override examples = [
    '<%= config.bin %> dev',
    '<%= config.bin %> dev --reset',
    '<%= config.bin %> dev --partitions 4 --port 9192',
    '<%= config.bin %> dev --brokers localhost:9092 --quiet',
  ]
  static override flags = {
    port: Flags.integer({
      description: 'where the embedded broker listens; default: 9092, or the next that is free',
      min: 0,
      max: highestPort,
    }),
    brokers: Flags.string({ description: 'a Kafka of your own, instead of the embedded broker', helpValue: 'HOST:PORT,…' }),
    partitions: Flags.integer({
      description: 'of topics that are made; with more than one, records of different keys may overtake each other',
      default: 1,
      min: 1,
      helpValue: 'N',
    }),
    reset: Flags.boolean({ description: 'first delete all topics of the embedded broker and all state' }),
    quiet: Flags.boolean({ description: 'do not print the records of sink topics', aliases: ['no-output'] }),
  }

  async run(): Promise<void> {
    const startedMs = performance.now()
    const { flags } = await this.parse(Dev)
    if (flags.brokers !== undefined) refuseWithBrokers(flags)
    const project = realpathSync(process.cwd())
    refuseOutsideOfProjects(project)
    const stopped = Promise.race([stopSignal(), readerGone()])
    const [{ DevFolder }, { connectToOwn, startEmbedded }, { develop }, { Screen }] = await Promise.all([
      import('../dev/dev-folder.ts'),
      import('../dev/dev-kafka.ts'),
      import('../dev/dev-session.ts'),
      import('../dev/screen.ts'),
    ])
    const folder = new DevFolder(project)
    const screen = new Screen(process.stdout, process.stderr)
    const unlock = await folder.lock()
    try {
      if (flags.reset) await folder.reset()
      const { brokers, partitions } = flags
      const kafka =
        brokers === undefined
          ? await startEmbedded({ data: folder.broker, portFile: folder.port, port: flags.port, screen })
          : await connectToOwn(brokers)
      try {
        await kafka.broker.connect()
        screen.say(`Broker at ${kafka.address}${brokers === undefined ? ', data in .millrace/broker' : ''}. Ctrl-C ends.`)
        const options = { project, folder, kafka, screen, partitions, stateDir: folder.state(brokers), embedded: brokers === undefined }
        await develop({ ...options, showOutput: !flags.quiet }, startedMs, stopped)
      } finally {
        await kafka.close()
      }
    } finally {
      unlock()
    }
    screen.say('Stopped; everything is committed.')
  }
}

/** What is wrong in a project is waited for to be mended; a folder that is none would get a broker's data and wait for ever. */
function refuseOutsideOfProjects(folder: string): void {
  if (!existsSync(join(folder, 'tsconfig.json')))
    throw new Errors.CLIError(
      'This folder is no project: it has no tsconfig.json. Run the command in the folder of a project; `millrace new` makes one.',
      { exit: 1 },
    )
}

function refuseWithBrokers({ port, reset }: { readonly port: number | undefined; readonly reset: boolean }): void {
  const wrong =
    port !== undefined
      ? '--port is for the embedded broker, and with --brokers there is none.'
      : reset
        ? '--reset deletes what the embedded broker keeps, and with --brokers there is none. Delete topics of your own Kafka with `millrace topic delete`.'
        : undefined
  if (wrong !== undefined) throw new Errors.CLIError(wrong, { exit: 2 })
}
