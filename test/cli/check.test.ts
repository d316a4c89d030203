// `millrace check` as a program.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { millrace, projectOf } from './program.ts'

const visits = `import { topology, tumbling } from 'millrace'

export default topology('visits', (builder) => {
  const visits = builder.stream<string, string>('visits').filter(() => Date.now() > 0)
  const counts = visits.groupByKey().windowedBy(tumbling('1h')).count()
  counts.toStream().to('counts')
})
`

describe('millrace check --fix', () => {
  it('mends what it can, says what it did, and ends with what is left', async () => {
    const folder = projectOf({ 'topologies/visits.ts': visits.replace('.to(', '.peek((count) => Math.random() > count).to(') })
    const { code, stdout } = await millrace(['check', '--fix'], folder)
    expect(stdout).toContain('topologies/visits.ts:4:72 - fixed MR1201: take the timestamp of the record, record.timestamp\n')
    expect(stdout).toContain('topologies/visits.ts:5:49 - fixed MR1405: say { grace: 0 }\n2 fixed\n')
    expect(stdout).toMatch(/2 fixed\ntopologies\/visits.ts:6:37 - error MR1202: /)
    expect(stdout).not.toContain('error MR1201')
    expect(code).toBe(1)
    const text = readFileSync(join(folder, 'topologies/visits.ts'), 'utf8')
    expect(text).toContain('.filter((_value, _key, record) => record.timestamp > 0)')
    expect(text).toContain("tumbling('1h', { grace: 0 })")
  })
})
