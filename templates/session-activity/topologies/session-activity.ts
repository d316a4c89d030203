import { count, first, last, session, topology } from 'millrace'

interface Click {
  page: string
}

export default topology('session-activity', (builder) => {
  const clicks = builder.stream<string, Click>('clicks')

  const visits = clicks
    .groupByKey()
    .windowedBy(session('30m', { grace: '5m' }), { emit: 'final' })
    .aggregate({ clicks: count(), entered: first((click) => click.page), left: last((click) => click.page) })

  // Of a session the start is its first record, the end its last. A session that has become part of another would have no value; with final results there is none.
  visits
    .toStream()
    .flatMap((visit, { key, start, end }): [string, Visit][] =>
      visit === null ? [] : [[key, { ...visit, minutes: (end - start) / 60_000 }]],
    )
    .to('visits')
})

interface Visit {
  clicks: number
  entered: string
  left: string
  minutes: number
}
