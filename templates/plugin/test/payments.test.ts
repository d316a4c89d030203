// Each part passes the contract of its kind. What is peculiar to it would stand behind.

import { string, topology } from 'millrace'
import { graphCheckContract, operatorContract, serdeContract, topologyContract } from 'millrace/testkit/contract'
import { expect, test } from 'vitest'
import { dedupe, type Money, money, payments } from '../src/index.ts'
import { largePayments } from '../src/large-payments.ts'
import { moneyFormat } from '../src/money.ts'
import { namedTopics } from '../src/named-topics.ts'

function eur(minor: number): Money {
  return { currency: 'EUR', minor }
}

serdeContract<Money>({
  name: 'money',
  serde: money(),
  values: [eur(0), eur(-1), eur(2 ** 50), { currency: 'JPY', minor: 1 }],
  badBytes: [Buffer.alloc(0), Buffer.alloc(10, 'A'), Buffer.alloc(11, 'a')],
  badValues: [{ currency: 'euro', minor: 1 }, eur(0.5)],
  format: moneyFormat,
})

operatorContract<string, Money, string, Money>({
  name: 'dedupe',
  operator: () => dedupe({ by: ({ minor }) => String(minor) }),
  key: string(),
  value: money(),
  newKey: string(),
  newValue: money(),
  input: [1, 1, 2, 1].map((minor) => ({ key: 'a', value: eur(minor) })),
  output: [1, 2, 1].map((minor) => ['a', eur(minor)] as const),
})

topologyContract({
  topology: largePayments,
  input: [5, 200_000, 200_000, 100_000].map((minor) => ({ topic: 'bank.payments', key: 'a', value: eur(minor) })),
  output: { 'bank.large-payments': [200_000, 100_000].map((minor) => ['a', eur(minor)] as const) },
})

const nameless = topology('nameless', (builder) => {
  const text = { key: string(), value: string() }
  builder.stream<string, string>('words', { name: 'words', ...text }).to('bank.words', { name: 'out', ...text })
})

graphCheckContract({ code: 'PAY001', check: namedTopics, good: [largePayments], bad: [{ topology: nameless, nodes: ['words'] }] })

test('the plugin has its parts under their names', () => {
  const { name, ...parts } = payments()
  const names = Object.values(parts).flatMap((part) => Object.keys(part))
  expect([name, ...names]).toEqual(['payments', 'large-payments', 'money', 'dedupe', 'PAY001', 'PAY002', 'payments:report'])
})
