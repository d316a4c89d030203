// millrace broker: the embedded broker alone, in this process.

import { isMillraceError } from '../../framework/errors.ts'
import type { Logger } from '../../framework/ports/logger.ts'
import { Command, Errors, Flags } from '../oclif.ts'
import { stopSignal } from '../stop-signal.ts'

const highestPort = 65_535

export class Broker extends Command {
  static override summary = 'Start the embedded broker, for development and tests.'
  static override description =
    "Kafka's protocol in one process. It listens on loopback unless --host says otherwise: there is no authentication. Topics, groups and offsets are kept in the folder of --data, and " +
    'outlive a crash; without it they are in memory only. It runs until SIGINT or SIGTERM.'
  static override examples = ['<%= config.bin %> broker --data .millrace/broker', '<%= config.bin %> broker --port 0']
  static override flags = {
    port: Flags.integer({ description: 'where it listens; 0 takes a free port', default: 9092, min: 0, max: highestPort }),
    host: Flags.string({ description: 'the address it listens on', default: '127.0.0.1' }),
    data: Flags.string({ description: 'folder to keep everything in', helpValue: 'DIR' }),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(Broker)
    const { startBroker } = await import('../../plugins/kafka/server/index.ts')
    const place = flags.data === undefined ? {} : { dataFolder: flags.data }
    const broker = await startBroker({ port: flags.port, host: flags.host, logger, ...place }).catch((error: unknown) => {
      throw portProblem(error, flags) ?? error
    })
    this.log(`Listening on ${broker.address}, ${flags.data === undefined ? 'in memory' : `data in ${flags.data}`}.`)
    await stopSignal()
    await broker.close()
  }
}

/** The broker says what happened; here what to do about it has the names of the options. */
function portProblem(error: unknown, { host, port }: { host: string; port: number }): Error | undefined {
  if (!isMillraceError(error, 'broker-cannot-listen') || !(error.cause instanceof Error) || !('code' in error.cause)) return undefined
  switch (error.cause.code) {
    case 'EADDRINUSE':
      return new Errors.CLIError(`Port ${port} of ${host} is in use. Choose another with --port, or 0 for a free one.`, { exit: 1 })
    case 'EACCES':
      return new Errors.CLIError(`This user may not listen on port ${port}. Choose one above 1023 with --port.`, { exit: 1 })
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new Errors.CLIError(`${host} is no address of this machine. Choose another with --host.`, { exit: 1 })
    default:
      return undefined
  }
}

const logger: Logger = {
  log(level, message) {
    if (level !== 'debug') process.stderr.write(`${level}: ${message}\n`)
  },
}
