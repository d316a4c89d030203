// millrace check --cluster, as a program, against the embedded broker: what the live topics say of a topology.

import { Kafka, logLevel, Partitioners } from 'kafkajs'
import { beforeAll, expect, it, vi } from 'vitest'
import { type EmbeddedBroker, startBroker } from '../../plugins/kafka/server/index.ts'
import { millrace, projectOf } from './program.ts'

// Topologies are compiled, and tests share the processor.
vi.setConfig({ testTimeout: 240_000 })

let broker: EmbeddedBroker
let kafka: Kafka

beforeAll(async () => {
  broker = await startBroker()
  kafka = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING })
  return () => broker.close()
})

const source = `import { topology } from 'millrace'

export default topology('joined', (builder) => {
  const orders = builder.stream<string, string>('orders')
  const customers = builder.table<string, string>('customers')
  orders.join(customers, (order, customer) => order + customer).to('named-orders')
  const counts = orders.groupByKey().count()
  counts.toStream().to('order-counts')
})
`

async function createTopics(partitions: Readonly<Record<string, number>>): Promise<void> {
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: Object.entries(partitions).map(([topic, count]) => ({ topic, numPartitions: count })) })
  await admin.disconnect()
}

async function deleteTopics(...topics: string[]): Promise<void> {
  const admin = kafka.admin()
  await admin.connect()
  await admin.deleteTopics({ topics })
  await admin.disconnect()
}

const keys = Array.from({ length: 40 }, (_, i) => `customer-${i}`)

/** By Java's partitioner, or each key one partition further. */
async function send(topic: string, isMisplaced: boolean): Promise<void> {
  const murmur2 = Partitioners.DefaultPartitioner()
  const producer = kafka.producer({
    createPartitioner: () => (record) => {
      const count = record.partitionMetadata.length
      return (murmur2(record) + (isMisplaced ? 1 : 0)) % count
    },
  })
  await producer.connect()
  await producer.send({ topic, messages: keys.map((key) => ({ key, value: 'x' })) })
  await producer.disconnect()
}

it('says what a start would refuse, and which joins would miss their partners', async () => {
  const folder = projectOf({ 'topologies/joined.ts': source })
  const check = (...options: string[]) => millrace(['check', '--cluster', '--brokers', broker.address, ...options], folder)
  const problems = async (): Promise<readonly string[]> => {
    const { code, stdout } = await check('--json')
    const { diagnostics } = JSON.parse(stdout) as {
      diagnostics: { code: string; severity: string; message: string; span: { line: number } }[]
    }
    expect(code).toBe(diagnostics.some(({ severity }) => severity === 'error') ? 1 : 0)
    return diagnostics.map(({ code, span, message }) => `${span.line} ${code} ${message}`)
  }

  await createTopics({ order: 4, customers: 3, 'named-orders': 1, 'order-counts': 1 })
  const missing = await check()
  expect(missing).toMatchObject({ code: 1, stderr: '' })
  expect(
    missing.stdout,
  ).toBe(`topologies/joined.ts:4:26 - error MR1901: The topic orders is read here, and the cluster has none of that name (there is order): the app would not start.
  Correct the name, or make the topic: millrace topic create orders --partitions N.
1 error, 0 warnings
In node_modules/millrace: docs/diagnostics/MR1901.md
`)

  await createTopics({ orders: 4, 'joined-counts-changelog': 3 })
  expect(await problems()).toEqual([
    '6 MR1902 What is joined here must have equal partitions, and has not: orders has 4, customers has 3. Records of one key would lie in different tasks, so the app would not start.',
    '7 MR1903 The topic joined-counts-changelog has 3 partitions, and 4 are needed: the app would not start.',
  ])

  await deleteTopics('customers', 'joined-counts-changelog')
  await createTopics({ customers: 4 })
  await send('orders', false)
  await send('customers', false)
  expect(await problems()).toEqual([])

  await deleteTopics('orders')
  await createTopics({ orders: 4 })
  await send('orders', true)
  const [misplaced, ...others] = await problems()
  expect(others).toEqual([])
  expect(misplaced).toMatch(
    /^4 MR1904 \S+ joins the topic orders by its keys, but 40 of 40 keys that were looked at lie in other partitions than those that they belong in: "customer-\d+" is in partition \d and belongs in \d\. They would miss their partners\.$/,
  )

  // Where all of them lie in the same other way, nothing is missed.
  await deleteTopics('customers')
  await createTopics({ customers: 4 })
  await send('customers', true)
  expect((await problems()).map((one) => one.slice(0, 8))).toEqual(['4 MR1905', '5 MR1905'])
  expect((await check('--strict')).code).toBe(1)
})

it('looks at a repartition topic, and at nothing where no key matters', async () => {
  const folder = projectOf({
    'topologies/renamed.ts': `import { topology } from 'millrace'

export default topology('renamed', (builder) => {
  const visits = builder.stream<string, string>('visits')
  const counts = visits.groupBy((page) => page).count()
  counts.toStream().to('visit-counts')
})
`,
  })
  await createTopics({ visits: 3, 'visit-counts': 1, 'prefix-renamed-counts-groupBy-repartition': 2 })
  await send('visits', true)
  const environment = { MILLRACE_BROKERS: broker.address, MILLRACE_APPLICATION_ID_PREFIX: 'prefix-' }
  const { code, stdout } = await millrace(['check', '--cluster', '--json'], folder, environment)
  expect(code).toBe(1)
  expect((JSON.parse(stdout) as { diagnostics: { message: string }[] }).diagnostics.map(({ message }) => message)).toEqual([
    'The topic prefix-renamed-counts-groupBy-repartition has 2 partitions, and 3 are needed: the app would not start.',
  ])
  expect(await millrace(['check'], folder, environment)).toMatchObject({ code: 0, stdout: '' })
})

it('counts the topics that a pattern matches, as a start does: none of the broker’s own', async () => {
  const folder = projectOf({
    'topologies/clicks.ts': `import { topology } from 'millrace'

export default topology('clicks', (builder) => {
  const clicks = builder.stream<string, string>(/.*-clicks/)
  const users = builder.table<string, string>('users')
  clicks.join(users, (click, user) => click + user).to('users-clicked')
})
`,
  })
  const problems = async (): Promise<readonly string[]> => {
    const { stdout } = await millrace(['check', '--cluster', '--json', '--brokers', broker.address], folder)
    return (JSON.parse(stdout) as { diagnostics: { code: string; message: string }[] }).diagnostics.map(
      ({ code, message }) => `${code} ${message.split('.')[0]}`,
    )
  }
  await createTopics({ users: 4, 'users-clicked': 1, 'web-clicks': 4, '__own-clicks': 3 })
  expect(await problems()).toEqual([])
  await createTopics({ 'app-clicks': 2 })
  const [found, ...others] = await problems()
  expect(others).toEqual([])
  expect(found).toMatch(/^MR1902 .*: (app-clicks has 2, web-clicks has 4|web-clicks has 4, app-clicks has 2), users has 4$/)
})

it('says that there is no cluster', async () => {
  const folder = projectOf({ 'topologies/joined.ts': source })
  const { code, stderr } = await millrace(['check', '--cluster', '--brokers', '127.0.0.1:1'], folder)
  expect(code).toBe(1)
  expect(stderr).toMatch(/127\.0\.0\.1:1/)
})
