// How many records come of one: so many, and so many for each that an operator gives whose number nobody can know before it runs. `1 + 2 × words` is one, and two for
// each record that the flatMap called words makes.

/** By what is multiplied, as text: '' for a plain number, else names of operators with × between. */
export type Amount = ReadonlyMap<string, number>

/** What an operator makes of one record: at most so many, or any number. */
export type Factor = number | 'any'

export const nothing: Amount = new Map()

export function times(amount: Amount, factor: Factor, operator: string): Amount {
  if (factor === 0) return nothing
  const entries = [...amount].map(([of, count]): [string, number] => {
    if (factor !== 'any') return [of, count * factor]
    return [of === '' ? operator : `${operator} × ${of}`, count]
  })
  return new Map(entries)
}

export function sum(amounts: Iterable<Amount>): Amount {
  const all = new Map<string, number>()
  for (const amount of amounts) for (const [of, count] of amount) all.set(of, (all.get(of) ?? 0) + count)
  return all
}

/** Each record of unknown number taken as one. */
export function leastOf(amount: Amount): number {
  return [...amount.values()].reduce((total, count) => total + count, 0)
}

export function amountText(amount: Amount): string {
  const terms = [...amount].filter(([, count]) => count > 0).sort(([a], [b]) => (a < b ? -1 : 1))
  return terms.length === 0 ? '0' : terms.map(([of, count]) => (of === '' ? String(count) : `${count} × ${of}`)).join(' + ')
}
