// What every metrics reporter has to do, run on each: a line in a test file, then what is peculiar to it.

import { describe, expect, it } from 'vitest'
import type { Metric, MetricsReporter, ReporterContext } from '../../framework/index.ts'
import { reporterContext } from './reporter-context.ts'

export interface ReporterUnderTest {
  readonly reporter: MetricsReporter
  /** What it has told, or tells now, of the app's metrics; rejects if it tells nothing any more. */
  told(): Promise<readonly ToldMetric[]>
}

export interface ToldMetric {
  /** In whatever form the reporter gives names; values of tags as they are. */
  readonly name: string
  readonly tagValues: readonly string[]
  readonly value: number
}

/** `make` is called for each test. */
export function metricsReporterContract(
  name: string,
  make: (context: ReporterContext) => ReporterUnderTest | Promise<ReporterUnderTest>,
): void {
  describe(`the metrics reporter ${name}`, () => {
    it('tells each metric with its tags, as it is when somebody looks', async () => {
      const metrics = new ChangingMetrics()
      const { reporter, told } = await make(context)
      await reporter.start(metrics, context)
      expect(valueWith(await told(), '0_0')).toBe(1)
      metrics.processed = 5
      expect(valueWith(await told(), '0_0')).toBe(5)
      expect(valueWith(await told(), '0_1')).toBe(10)
      expect(valueWith(await told(), 'with "quotes", a \\ and a\nline')).toBe(-0.5)
      await reporter.close()
    })

    it('forgets what is not there any more', async () => {
      const metrics = new ChangingMetrics()
      const { reporter, told } = await make(context)
      await reporter.start(metrics, context)
      metrics.tasks = ['0_1']
      expect(valueWith(await told(), '0_0')).toBeUndefined()
      await reporter.close()
    })

    it('tells nothing after it was closed; closing again, or without a start, does nothing', async () => {
      const { reporter, told } = await make(context)
      await reporter.close()
      const other = await make(context)
      await other.reporter.start(new ChangingMetrics(), context)
      await other.reporter.close()
      await other.reporter.close()
      await expect(other.told()).rejects.toThrow()
      await expect(told()).rejects.toThrow()
    })
  })
}

class ChangingMetrics {
  processed = 1
  tasks = ['0_0', '0_1']

  read(): readonly Metric[] {
    const ofTask = (task: string): Metric => ({
      group: 'stream-task-metrics',
      name: 'process-total',
      kind: 'counter',
      description: 'records processed',
      tags: { 'task-id': task },
      value: task === '0_0' ? this.processed : 10,
    })
    const odd: Metric = {
      group: 'stream-metrics',
      name: 'odd',
      kind: 'gauge',
      description: 'a text in "quotes"\nand lines',
      tags: { text: 'with "quotes", a \\ and a\nline' },
      value: -0.5,
    }
    return [...this.tasks.map(ofTask), odd]
  }
}

function valueWith(told: readonly ToldMetric[], tagValue: string): number | undefined {
  return told.find(({ tagValues }) => tagValues.includes(tagValue))?.value
}

const context = reporterContext()
