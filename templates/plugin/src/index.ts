// The plugin: its parts, each by its name. A project names it in millrace.config.ts; a topology imports serdes and operators from here.

import { definePlugin } from 'millrace'
import { currencies } from './currencies.ts'
import { dedupe } from './dedupe.ts'
import { largePayments } from './large-payments.ts'
import { moneyFormat } from './money.ts'
import { namedTopics } from './named-topics.ts'
import { report } from './report.ts'

export { type DedupeOptions, dedupe } from './dedupe.ts'
export { type Money, money } from './money.ts'

export const payments = () =>
  definePlugin({
    name: 'payments',
    topologies: { 'large-payments': largePayments },
    serdes: { money: moneyFormat },
    operators: { dedupe },
    checks: { PAY001: namedTopics, PAY002: currencies },
    commands: { 'payments:report': report },
  })
