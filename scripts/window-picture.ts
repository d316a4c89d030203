// A picture of records on a line, and under it the windows of the results: plain SVG, readable on light and dark pages.

import type { Input, Result } from './windows-page.ts'

interface Drawn {
  readonly title: string
  readonly input: readonly Input[]
  readonly by: 'seconds' | 'records' | 'days'
  readonly inclusive?: boolean
}

const width = 640
const margin = 20
const rowHeight = 22

export function pictureOf({ title, input, by, inclusive = false }: Drawn, results: readonly Result[]): string {
  const records = input.flatMap((one) => ('waitMs' in one ? [] : [one]))
  // The place of a record: its time, or its number.
  const places = records.map(([value, second], index) => ({ value, at: by === 'records' ? index : second * 1000 }))
  const from = Math.min(...places.map(({ at }) => at), ...results.map(({ start }) => start))
  const to = Math.max(...places.map(({ at }) => at + (by === 'records' ? 1 : 0)), ...results.map(({ end }) => end))
  const x = (at: number) => Math.round(margin + ((at - from) / (to - from || 1)) * (width - 2 * margin))
  const step = by === 'records' ? 0.5 : 0
  const dots = places.map(
    ({ value, at }) =>
      `<circle cx="${x(at + step)}" cy="30" r="4" fill="#c2410c"/><text x="${x(at + step)}" y="18" text-anchor="middle" fill="#c2410c">${value}</text>`,
  )
  const bars = results.map(({ start, end, value }, row) => {
    const y = 44 + row * rowHeight
    const left = x(start)
    const size = Math.max(4, x(end) - left)
    return `<rect x="${left}" y="${y}" width="${size}" height="16" rx="${inclusive ? 8 : 2}" fill="#2563eb" fill-opacity="0.25" stroke="#2563eb"/><text x="${left + size / 2}" y="${y + 12}" text-anchor="middle" fill="#1d4ed8">${value}</text>`
  })
  const height = 52 + results.length * rowHeight
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="12" role="img">
<title>${title}</title>
<line x1="${margin}" y1="30" x2="${width - margin}" y2="30" stroke="#888"/>
${[...dots, ...bars].join('\n')}
</svg>
`
}
