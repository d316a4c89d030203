// millrace state list: the stores of an app, while it runs or out of its state folder.

import { jsonFlag } from '../../json-flag.ts'
import { Command } from '../../oclif.ts'
import { allStores, appFlag } from '../../running-state.ts'
import { answerOfStoppedApp, dirFlag, topologyFlag } from '../../stopped-state.ts'
import { jsonOf, tableOf } from '../../tables.ts'

interface Listed {
  readonly name: string
  readonly kind: string
  readonly key: string
  readonly value: string
  readonly global: boolean
  readonly partitions: readonly number[]
  /** Of a running app. */
  readonly partitionCount?: number
  /** Of a stopped one: stores in memory and global tables are in no folder. */
  readonly inFolder?: boolean
}

export class StateList extends Command {
  static override summary = 'List the stores of an app.'
  static override description = 'With the partitions that this instance has, or that are in the state folder of a stopped app.'
  static override examples = ['<%= config.bin %> state list --app localhost:8080', '<%= config.bin %> state list --dir /var/lib/millrace']
  static override flags = { app: appFlag, dir: dirFlag, topology: topologyFlag, json: jsonFlag }

  async run(): Promise<void> {
    const { flags } = await this.parse(StateList)
    const answer = flags.dir === undefined ? await allStores(flags.app) : answerOfStoppedApp(flags.dir, flags.topology, '/state')
    const { stores } = answer as { readonly stores: readonly Listed[] }
    if (flags.json) return this.log(jsonOf({ stores }))
    if (stores.length === 0) return this.log('The app has no stores.')
    const rows = stores.map((store) => [store.name, store.kind, store.key, store.value, partitionsOf(store)])
    this.log(await tableOf(['Store', 'Kind', 'Key', 'Value', 'Partitions'], rows))
  }
}

function partitionsOf({ global, partitions, partitionCount, inFolder }: Listed): string {
  if (inFolder === false) return 'in memory only'
  if (global) return 'all'
  const here = partitions.length === 0 ? 'none' : partitions.join(', ')
  return partitionCount === undefined ? here : `${here} of ${partitionCount}`
}
