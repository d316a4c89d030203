// millrace state list: the stores of a running app.

import { jsonFlag } from '../../json-flag.ts'
import { Command } from '../../oclif.ts'
import { allStores, appFlag } from '../../running-state.ts'
import { jsonOf, tableOf } from '../../tables.ts'

interface Listed {
  readonly name: string
  readonly kind: string
  readonly key: string
  readonly value: string
  readonly global: boolean
  readonly partitions: readonly number[]
  readonly partitionCount: number
}

export class StateList extends Command {
  static override summary = 'List the stores of a running app.'
  static override description = 'With the partitions that this instance has.'
  static override examples = ['<%= config.bin %> state list --app localhost:8080']
  static override flags = { app: appFlag, json: jsonFlag }

  async run(): Promise<void> {
    const { flags } = await this.parse(StateList)
    const { stores } = (await allStores(flags.app)) as { readonly stores: readonly Listed[] }
    if (flags.json) return this.log(jsonOf({ stores }))
    if (stores.length === 0) return this.log('The app has no stores.')
    const rows = stores.map(({ name, kind, key, value, global, partitions, partitionCount }) => [
      name,
      kind,
      key,
      value,
      global ? 'all' : `${partitions.join(', ')} of ${partitionCount}`,
    ])
    this.log(await tableOf(['Store', 'Kind', 'Key', 'Value', 'Partitions'], rows))
  }
}
