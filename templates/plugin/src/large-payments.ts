// A topology: what a plugin brings is compiled already, so names and serdes are written by hand.

import { string, topology } from 'millrace'
import { dedupe } from './dedupe.ts'
import { type Money, money } from './money.ts'

const leastMinor = 100_000

export const largePayments = topology('large-payments', (builder) => {
  const serdes = { key: string(), value: money() }
  const payments = builder.stream<string, Money>('bank.payments', { name: 'payments', ...serdes })
  const large = payments
    .filter(({ minor }) => minor >= leastMinor, { name: 'large-filter' })
    .apply(dedupe({ by: ({ currency, minor }) => `${currency} ${minor}` }), { name: 'large', ...serdes })
  large.to('bank.large-payments', { name: 'large-to', ...serdes })
})
