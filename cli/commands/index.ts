// The commands, as oclif wants them listed. Each imports what it needs when it runs, so that --help is fast.

import { Broker } from './broker.ts'
import { Build } from './build.ts'
import { Check } from './check.ts'
import { Client } from './client.ts'
import { Completion } from './completion.ts'
import { Consume } from './consume.ts'
import { Describe } from './describe.ts'
import { Dev } from './dev.ts'
import { Diff } from './diff.ts'
import { DlqList } from './dlq/list.ts'
import { DlqReplay } from './dlq/replay.ts'
import { DlqShow } from './dlq/show.ts'
import { GroupDescribe } from './group/describe.ts'
import { GroupList } from './group/list.ts'
import { New } from './new.ts'
import { Produce } from './produce.ts'
import { Run } from './run.ts'
import { StateDump } from './state/dump.ts'
import { StateGet } from './state/get.ts'
import { StateList } from './state/list.ts'
import { StateMigrate } from './state/migrate.ts'
import { StateScan } from './state/scan.ts'
import { TopicCreate } from './topic/create.ts'
import { TopicDelete } from './topic/delete.ts'
import { TopicDescribe } from './topic/describe.ts'
import { TopicList } from './topic/list.ts'

export const commands = {
  broker: Broker,
  build: Build,
  check: Check,
  client: Client,
  completion: Completion,
  consume: Consume,
  describe: Describe,
  dev: Dev,
  diff: Diff,
  'dlq:list': DlqList,
  'dlq:replay': DlqReplay,
  'dlq:show': DlqShow,
  'group:describe': GroupDescribe,
  'group:list': GroupList,
  new: New,
  produce: Produce,
  run: Run,
  'state:dump': StateDump,
  'state:get': StateGet,
  'state:list': StateList,
  'state:migrate': StateMigrate,
  'state:scan': StateScan,
  'topic:create': TopicCreate,
  'topic:delete': TopicDelete,
  'topic:describe': TopicDescribe,
  'topic:list': TopicList,
}
